"""Layers: one file per type, forward and backward side by side. `layer.py` defines the interface."""
