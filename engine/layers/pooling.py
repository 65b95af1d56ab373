"""Pooling: the largest or the mean number of each window, channel by channel."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.layers.layer import Layer, ShapeRefused
from engine.layers.windows import TORCH_OVER_TIME, pair, positions, spans
from engine.memory import Array, Shape
from engine.spec import AveragePoolSpec, MaxPoolSpec


class Pool(Layer):
    """Windows over images, or over the moments of sequences.

    Both are seen as four axes of which the windows slide over the middle two: (channels, height, width, rows) of
    images, (rows, time, 1, features) of sequences.
    """

    y: Array
    dx: Array

    def __init__(self, spec: MaxPoolSpec | AveragePoolSpec, shape: Shape, label: str) -> None:
        if len(shape) == 1:
            raise ShapeRefused(label, "takes images or sequences, not flat rows")
        self.kernel = pair(spec.kernel)
        self.stride = pair(spec.stride) if spec.stride else self.kernel
        self.padding = pair(spec.padding)
        self.is_image = len(shape) == 3
        sides = shape[1:] if self.is_image else (shape[0], 1)
        if not self.is_image:
            self.kernel, self.stride, self.padding = (self.kernel[0], 1), (self.stride[0], 1), (self.padding[0], 0)
        axes = list(zip(sides, self.kernel, self.stride, self.padding, strict=True))
        high, wide = (positions(*axis, label) for axis in axes)
        down, across = (spans(*axis) for axis in axes)
        self.overlaps = self.stride[0] < self.kernel[0] or self.stride[1] < self.kernel[1]
        self.offsets = [
            ((slice(None), lines, places), (slice(None), highs, wides))
            for lines, highs in down
            for places, wides in across
        ]
        super().__init__(shape, (shape[0], high, wide) if self.is_image else (high, shape[1]), label)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:
        """The output, and for training dx."""
        wanted: dict[str, tuple[Shape, DTypeLike]] = {"y": (self.output_shape, dtype)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training else {})

    @abstractmethod
    def torch_module(self) -> str:
        """Return the name of PyTorch's module, without the number of dimensions."""

    def torch_code(self) -> str:
        """Return the expression for the pooling of images, or of sequences between two transpositions."""
        if self.is_image:
            return f"torch.nn.{self.torch_module()}2d({self.kernel}, stride={self.stride}, padding={self.padding})"
        sizes = f"{self.kernel[0]}, stride={self.stride[0]}, padding={self.padding[0]}"
        return f"OverTime(torch.nn.{self.torch_module()}1d({sizes}))"

    def torch_definitions(self) -> dict[str, str]:
        """For sequences the wrapper that transposes."""
        return {} if self.is_image else {"OverTime": TORCH_OVER_TIME}

    def _axes(self, x: Array) -> Array:
        return x if self.is_image else x[:, :, None]


class MaxPool(Pool):
    """The largest number of each window; its gradient goes to the first that is as large."""

    keeps_output = True
    found: Array
    open: Array
    part: Array

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:
        """For training also which windows still look for their largest number, and which found it."""
        wanted = super().buffers(dtype, training=training)
        if training:
            wanted |= {"open": (self.output_shape, np.bool_), "found": (self.output_shape, np.bool_)}
            wanted["part"] = (self.output_shape, dtype)
        return wanted

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Compare the windows' numbers one after the other; `x` must stay as it is until backward."""
        self.x, y = self._axes(x), self._axes(self.y)
        y.fill(-np.inf)
        for seen, places in self.offsets:
            np.maximum(y[places], self.x[seen], out=y[places])
        return self.y

    def backward(self, dy: Array) -> Array:
        """Go through the windows in the same order, until each has found its largest number."""
        dy, y, dx = self._axes(dy), self._axes(self.y), self._axes(self.dx)
        still_open, found, part = self._axes(self.open), self._axes(self.found), self._axes(self.part)
        still_open.fill(True)
        dx.fill(0)
        for seen, places in self.offsets:
            here, left = found[places], still_open[places]
            np.equal(self.x[seen], y[places], out=here)
            np.logical_and(here, left, out=here)
            np.logical_xor(here, left, out=left)
            if self.overlaps:
                np.multiply(dy[places], here, out=part[places])
                np.add(dx[seen], part[places], out=dx[seen])
            else:
                np.multiply(dy[places], here, out=dx[seen])
        return self.dx

    def flops(self) -> tuple[int, int]:
        """A comparison per number seen; backward, four operations."""
        seen = self.outputs * len(self.offsets)
        return seen, 4 * seen

    def torch_module(self) -> str:
        """Return MaxPool."""
        return "MaxPool"


class AveragePool(Pool):
    """The mean of each window, in which padding counts as zeros."""

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Add up, then divide."""
        x, y = self._axes(x), self._axes(self.y)
        y.fill(0)
        for seen, places in self.offsets:
            np.add(y[places], x[seen], out=y[places])
        return np.multiply(self.y, 1 / len(self.offsets), out=self.y)

    def backward(self, dy: Array) -> Array:
        """Every number of a window gets the same part of its gradient."""
        np.multiply(dy, 1 / len(self.offsets), out=dy)
        dy, dx = self._axes(dy), self._axes(self.dx)
        dx.fill(0)
        for seen, places in self.offsets:
            np.add(dx[seen], dy[places], out=dx[seen])
        return self.dx

    def flops(self) -> tuple[int, int]:
        """A sum per number seen, and a product per window, in both directions."""
        each = self.outputs * (len(self.offsets) + 1)
        return each, each

    def torch_module(self) -> str:
        """Return AvgPool."""
        return "AvgPool"
