"""Layers that replace numbers by vectors, or add vectors to them."""
