"""The dashboard at /: static files, which need no API key."""
