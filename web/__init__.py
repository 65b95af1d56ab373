"""The dashboard: HTML, CSS and JavaScript modules that browsers run as they are. `api.dashboard` serves them."""
