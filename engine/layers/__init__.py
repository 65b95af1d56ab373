"""The kinds of layer: one file per family, forward and backward side by side."""
