"""Networks as ONNX graphs: one file per family of layers, a registry, and the file format."""
