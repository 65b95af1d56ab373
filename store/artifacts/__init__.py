"""Data sets, models, uploaded weights, and the blobs that hold their bytes."""
