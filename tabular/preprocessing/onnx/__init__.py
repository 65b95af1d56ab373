"""Preprocessing as ONNX nodes: from a row as the application sends it to inputs, and from outputs to answers."""
