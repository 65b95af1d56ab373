"""Optimizers: update parameters from gradients. `optimizer.py` defines the interface."""
