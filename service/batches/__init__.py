"""Batches of predictions: create, cancel, delete."""
