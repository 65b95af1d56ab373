"""Weights as files: safetensors in and out, and the other export formats."""
