"""Global pooling: one number per channel, the mean or the maximum over all positions."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.convolution.windows import TORCH_OVER_TIME
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Shape


class GlobalPool(Layer):
    """Maps (channels, height, width) or (time, features) to a flat row of channels or features.

    Both are treated as three axes, of which the middle one is pooled: (channels, positions, rows) for images, (rows,
    time, features) for sequences. The result for images has its rows last and is transposed.
    """

    torch_module = ""
    y: Array
    dx: Array
    pooled: Array

    def _write_output(self) -> Array:
        """Copy the pooled numbers to the output."""
        np.copyto(self.y, self.pooled.T if self.is_image else self.pooled)
        return self.y

    def _pooled_gradient(self, dy: Array) -> Array:
        """Copy dy to the layout of the pooled numbers."""
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
        """Declare the output, and its layout before transposition; for training also dx."""
        wanted: Buffers = {
            "y": (self.output_shape, dtype),
            "pooled": (self.output_shape, dtype),
        }
        return wanted | ({"dx": (self.input_shape, dtype)} if training else {})

    def resize(self, rows: int) -> None:
        """Also set the three axes, and the view of the pooled numbers."""
        super().resize(rows)
        outer, inner = (self.channels, rows) if self.is_image else (rows, self.channels)
        self.axes = (outer, self.positions, inner)
        self.pooled = self.pooled.reshape(outer, inner)

    def flops(self) -> tuple[int, int]:
        """A sum or comparison per number forward; a product per output and a copy backward."""
        return self.inputs, self.outputs

    def torch_code(self) -> str:
        """Return the expression for adaptive pooling to one position."""
        if self.is_image:
            return f"torch.nn.Sequential(torch.nn.{self.torch_module}2d(1), torch.nn.Flatten())"
        return f"torch.nn.Sequential(OverTime(torch.nn.{self.torch_module}1d(1)), torch.nn.Flatten())"

    def torch_definitions(self) -> dict[str, str]:
        """Return the wrapper that transposes, for sequences."""
        return {} if self.is_image else {"OverTime": TORCH_OVER_TIME}


class GlobalAverage(GlobalPool):
    """The mean over all positions."""

    torch_module = "AdaptiveAvgPool"

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Sum, then divide."""
        np.add.reduce(x.reshape(self.axes), axis=1, out=self.pooled)
        np.multiply(self.pooled, 1 / self.positions, out=self.pooled)
        return self._write_output()

    def backward(self, dy: Array) -> Array:
        """Distribute the gradient evenly over all positions."""
        part = self._pooled_gradient(dy)
        np.multiply(part, 1 / self.positions, out=part)
        np.copyto(self.dx.reshape(self.axes), part[:, None])
        return self.dx


class GlobalMax(GlobalPool):
    """The maximum over all positions. Equal maxima share the gradient."""

    torch_module = "AdaptiveMaxPool"
    maxima: Array
    ties: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Find the maxima. `x` must not change until backward."""
        self.x = x.reshape(self.axes)
        np.maximum.reduce(self.x, axis=1, out=self.pooled)
        if "maxima" in self._allocated:
            np.copyto(self.maxima, self.pooled)
        return self._write_output()

    def backward(self, dy: Array) -> Array:
        """Mark the maxima, and give each its part of the gradient."""
        dx, part = self.dx.reshape(self.axes), self._pooled_gradient(dy)
        np.equal(self.x, self.maxima[:, None], out=dx)
        np.divide(part, np.add.reduce(dx, axis=1, out=self.ties), out=part)
        np.multiply(dx, part[:, None], out=dx)
        return self.dx

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """For training, also declare the maxima, and the number of positions that equal each."""
        wanted = super().buffers(dtype, training=training)
        return wanted | (dict.fromkeys(("maxima", "ties"), (self.output_shape, dtype)) if training else {})

    def resize(self, rows: int) -> None:
        """Also reshape the maxima."""
        super().resize(rows)
        if "maxima" in self._allocated:
            self.maxima, self.ties = (kept.reshape(self.pooled.shape) for kept in (self.maxima, self.ties))
