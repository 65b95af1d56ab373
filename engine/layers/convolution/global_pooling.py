"""Global pooling: one number per channel, the mean or the largest over all positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.convolution.windows import TORCH_OVER_TIME
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Shape


class GlobalPool(Layer):
    """From (channels, height, width) or (time, features) to a flat row of channels or features.

    Both are seen as three axes of which the middle one is pooled: (channels, positions, rows) of images, (rows, time,
    features) of sequences. What remains of an image has its rows last and is transposed.
    """

    torch_module = ""
    y: Array
    dx: Array
    pooled: Array

    def _hand_on(self) -> Array:
        np.copyto(self.y, self.pooled.T if self.is_image else self.pooled)
        return self.y

    def _take_back(self, dy: Array) -> Array:
        np.copyto(self.pooled, dy.T if self.is_image else dy)
        return self.pooled

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) == 1:
            fix = "add a reshape layer to [channels, height, width] or [time, features] before it"
            raise ShapeError(layer_id, f"takes images or sequences, not flat rows; {fix}")
        self.is_image = len(shape) == 3
        self.channels = shape[0] if self.is_image else shape[1]
        super().__init__(shape, (self.channels,), layer_id)
        self.positions = self.inputs // self.channels

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """The output as it is pooled and as it is handed on; for training also dx."""
        wanted: Buffers = {
            "y": (self.output_shape, dtype),
            "pooled": (self.output_shape, dtype),
        }
        return wanted | ({"dx": (self.input_shape, dtype)} if training else {})

    def resize(self, rows: int) -> None:
        """Note the three axes, and turn the view on the output if the rows come last in them."""
        super().resize(rows)
        outer, inner = (self.channels, rows) if self.is_image else (rows, self.channels)
        self.axes = (outer, self.positions, inner)
        self.pooled = self.pooled.reshape(outer, inner)

    def flops(self) -> tuple[int, int]:
        """A sum or comparison per number, forward; backward a product per output and a copy."""
        return self.inputs, self.outputs

    def torch_code(self) -> str:
        """Return the expression for adaptive pooling to one position."""
        if self.is_image:
            return f"torch.nn.Sequential(torch.nn.{self.torch_module}2d(1), torch.nn.Flatten())"
        return f"torch.nn.Sequential(OverTime(torch.nn.{self.torch_module}1d(1)), torch.nn.Flatten())"

    def torch_definitions(self) -> dict[str, str]:
        """For sequences the wrapper that transposes."""
        return {} if self.is_image else {"OverTime": TORCH_OVER_TIME}


class GlobalAverage(GlobalPool):
    """The mean over all positions."""

    torch_module = "AdaptiveAvgPool"

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Add up, then divide."""
        np.add.reduce(x.reshape(self.axes), axis=1, out=self.pooled)
        np.multiply(self.pooled, 1 / self.positions, out=self.pooled)
        return self._hand_on()

    def backward(self, dy: Array) -> Array:
        """Every position gets the same part."""
        part = self._take_back(dy)
        np.multiply(part, 1 / self.positions, out=part)
        np.copyto(self.dx.reshape(self.axes), part[:, None])
        return self.dx


class GlobalMax(GlobalPool):
    """The largest number over all positions; where several are as large, they share its gradient."""

    torch_module = "AdaptiveMaxPool"
    largest: Array
    shares: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Compare; `x` must stay as it is until backward."""
        self.x = x.reshape(self.axes)
        np.maximum.reduce(self.x, axis=1, out=self.pooled)
        if "largest" in self._allocated:
            np.copyto(self.largest, self.pooled)
        return self._hand_on()

    def backward(self, dy: Array) -> Array:
        """Mark the largest numbers, and hand each its part."""
        dx, part = self.dx.reshape(self.axes), self._take_back(dy)
        np.equal(self.x, self.largest[:, None], out=dx)
        np.divide(part, np.add.reduce(dx, axis=1, out=self.shares), out=part)
        np.multiply(dx, part[:, None], out=dx)
        return self.dx

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """For training also the largest numbers as they were found, and how many of each."""
        wanted = super().buffers(dtype, training=training)
        return wanted | (dict.fromkeys(("largest", "shares"), (self.output_shape, dtype)) if training else {})

    def resize(self, rows: int) -> None:
        """Also turn what is kept."""
        super().resize(rows)
        if "largest" in self._allocated:
            self.largest, self.shares = (kept.reshape(self.pooled.shape) for kept in (self.largest, self.shares))
