"""Predict with trained models: load them, keep them, and predict rows that arrive together."""
