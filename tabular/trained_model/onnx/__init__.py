"""A trained model as an ONNX file: from the raw row to the answer."""
