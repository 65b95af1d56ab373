"""Weights as files: safetensors and NPZ."""
