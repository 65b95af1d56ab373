"""Pages for people that contain everything they need: HTML, plots, style, and how they are sent."""
