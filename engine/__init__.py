"""Backpropagation on NumPy: build a network from a spec, train it, stop and resume it to the bit."""
