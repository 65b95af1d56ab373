"""The formats of downloads."""

from typing import Literal

WeightsFormat = Literal["safetensors", "npz", "onnx"]
