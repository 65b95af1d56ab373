"""Optimizers: how a gradient changes the parameters. `optimizer.py` defines the protocol."""
