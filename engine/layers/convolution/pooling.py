"""Pooling: the maximum or the mean of each window, channel by channel."""

from __future__ import annotations

import functools
from abc import abstractmethod
from typing import Any

import numpy as np

from engine.layers.convolution.windows import TORCH_OVER_TIME, count_positions, pair, spans
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Shape
from engine.spec import AveragePoolSpec, MaxPoolSpec


class Pool(Layer):
    """Windows that slide over images, or over the time steps of sequences.

    Both are treated as four axes, and windows slide over the middle two: (channels, height, width, rows) for images,
    (rows, time, 1, features) for sequences.
    """

    y: Array
    dx: Array

    def _axes(self, x: Array) -> Array:
        return x if self.is_image else x[:, :, None]

    def __init__(self, spec: MaxPoolSpec | AveragePoolSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) == 1:
            fix = "add a reshape layer to [channels, height, width] or [time, features] before it"
            raise ShapeError(layer_id, f"takes images or sequences, not flat rows; {fix}")
        self.kernel = pair(spec.kernel)
        self.stride = pair(spec.stride) if spec.stride else self.kernel
        self.padding = pair(spec.padding)
        self.is_image = len(shape) == 3
        if not self.is_image and any(isinstance(size, tuple) for size in (spec.kernel, spec.stride, spec.padding)):
            raise ShapeError(
                layer_id, "windows on sequences have one dimension; use single numbers for kernel, stride and padding"
            )
        sides = shape[1:] if self.is_image else (shape[0], 1)
        if not self.is_image:
            self.kernel, self.stride, self.padding = (self.kernel[0], 1), (self.stride[0], 1), (self.padding[0], 0)
        axes = list(zip(sides, self.kernel, self.stride, self.padding, strict=True))
        high, wide = (count_positions(*axis, layer_id) for axis in axes)
        self.windows = axes
        self.size = self.kernel[0] * self.kernel[1]
        self.overlaps = any(stride < kernel for _, kernel, stride, _ in axes)
        self.skips_inputs = any(stride > kernel or (side + 2 * zeros) % stride for side, kernel, stride, zeros in axes)
        super().__init__(shape, (shape[0], high, wide) if self.is_image else (high, shape[1]), layer_id)

    @functools.cached_property
    def offsets(self) -> list[tuple[tuple[slice, ...], tuple[slice, ...]]]:
        """For each offset in the window: the inputs it covers, and the windows that do so."""
        down, across = (spans(*axis) for axis in self.windows)
        return [
            ((slice(None), lines, columns), (slice(None), highs, wides))
            for lines, highs in down
            for columns, wides in across
        ]

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output, and for training dx."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training else {})

    @abstractmethod
    def torch_module(self) -> str:
        """Return the name of PyTorch's module without the number of dimensions."""

    def torch_code(self) -> str:
        """Return the expression for pooling of images, or of sequences between two transpositions."""
        if self.is_image:
            return f"torch.nn.{self.torch_module()}2d({self.kernel}, stride={self.stride}, padding={self.padding})"
        sizes = f"{self.kernel[0]}, stride={self.stride[0]}, padding={self.padding[0]}"
        return f"OverTime(torch.nn.{self.torch_module()}1d({sizes}))"

    def torch_definitions(self) -> dict[str, str]:
        """Return the wrapper that transposes, for sequences."""
        return {} if self.is_image else {"OverTime": TORCH_OVER_TIME}


class MaxPool(Pool):
    """The maximum of each window. The gradient goes to the first number that equals it.

    Forward marks that number while the data is in the cache.
    """

    is_max: Array
    unassigned: Array
    part: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Compare the numbers of the windows offset by offset; for training, mark the maxima."""
        x, y = self._axes(x), self._axes(self.y)
        y.fill(-np.inf)
        for seen, windows in self.offsets:
            np.maximum(y[windows], x[seen], out=y[windows])
        if "is_max" in self._allocated:
            self._mark_maxima(x, y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Add the gradient of each window to its maximum."""
        dy, dx, part = self._axes(dy), self._axes(self.dx), self._axes(self.part)
        if self.overlaps or self.skips_inputs:
            dx.fill(0)
        for (seen, windows), is_max in zip(self.offsets, self.is_max, strict=True):
            if self.overlaps:
                np.multiply(dy[windows], is_max[windows], out=part[windows])
                np.add(dx[seen], part[windows], out=dx[seen])
            else:
                np.multiply(dy[windows], is_max[windows], out=dx[seen])
        return self.dx

    def _mark_maxima(self, x: Array, y: Array) -> None:
        """Mark the first maximum of each window."""
        unassigned = self._axes(self.unassigned)
        unassigned.fill(True)
        for (seen, windows), is_max in zip(self.offsets, self.is_max, strict=True):
            here, left = is_max[windows], unassigned[windows]
            np.equal(x[seen], y[windows], out=here)
            np.logical_and(here, left, out=here)
            np.logical_xor(here, left, out=left)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """For training, also declare marks for each number of each window."""
        wanted = super().buffers(dtype, training=training)
        if training:
            wanted |= {"unassigned": (self.output_shape, np.bool_), "part": (self.output_shape, dtype)}
            wanted["is_max"] = ((self.size * self.outputs,), np.bool_)
        return wanted

    def resize(self, rows: int) -> None:
        """Also reshape the marks: offset by offset."""
        super().resize(rows)
        if "is_max" in self._allocated:
            self.is_max = self.is_max.reshape(self.size, *self._axes(self.y).shape)

    def flops(self) -> tuple[int, int]:
        """Two comparisons and two bit operations per number forward; a product and a sum backward."""
        seen = self.outputs * self.size
        return 4 * seen, (1 + self.overlaps) * seen

    def torch_module(self) -> str:
        """Return MaxPool."""
        return "MaxPool"


class AveragePool(Pool):
    """The mean of each window. Padding counts as zeros."""

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Sum, then divide."""
        x, y = self._axes(x), self._axes(self.y)
        y.fill(0)
        for seen, windows in self.offsets:
            np.add(y[windows], x[seen], out=y[windows])
        return np.multiply(self.y, 1 / self.size, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Distribute the gradient evenly over the numbers of the window."""
        np.multiply(dy, 1 / self.size, out=dy)
        dy, dx = self._axes(dy), self._axes(self.dx)
        if self.overlaps or self.skips_inputs:
            dx.fill(0)
        for seen, windows in self.offsets:
            if self.overlaps:
                np.add(dx[seen], dy[windows], out=dx[seen])
            else:
                np.copyto(dx[seen], dy[windows])
        return self.dx

    def flops(self) -> tuple[int, int]:
        """A sum per number of a window and a product per window, in both directions."""
        each = self.outputs * (self.size + 1)
        return each, each

    def torch_module(self) -> str:
        """Return AvgPool."""
        return "AvgPool"
