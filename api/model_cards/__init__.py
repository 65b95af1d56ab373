"""Model cards, as JSON and as a page for people."""
