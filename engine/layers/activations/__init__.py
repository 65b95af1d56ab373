"""Elementwise functions. `build.py` has their registry."""
