"""The dashboard: HTML, CSS and JavaScript modules. `api.dashboard` joins the modules and serves them."""
