"""Comparisons of models on the same rows."""
