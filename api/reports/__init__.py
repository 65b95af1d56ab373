"""Training reports, as JSON and as a page for people."""
