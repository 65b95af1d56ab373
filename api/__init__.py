"""The HTTP surface, and nothing but it: what comes in is checked, what goes out is shaped, the rest is elsewhere."""
