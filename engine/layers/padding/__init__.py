"""Sequences of different lengths: which time steps are padding, and the layers that ignore them."""
