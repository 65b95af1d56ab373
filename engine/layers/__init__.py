"""The kinds of layer: one file per family, forward and backward side by side. `layer.py` says what a layer is."""
