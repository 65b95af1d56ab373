"""Pooling: the largest or the mean number of each window, channel by channel."""

from __future__ import annotations

import functools
from abc import abstractmethod
from typing import Any

import numpy as np

from engine.layers.convolution.windows import TORCH_OVER_TIME, pair, positions, spans
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Shape
from engine.spec import AveragePoolSpec, MaxPoolSpec


class Pool(Layer):
    """Windows over images, or over the moments of sequences.

    Both are seen as four axes of which the windows slide over the middle two: (channels, height, width, rows) of
    images, (rows, time, 1, features) of sequences.
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
            raise ShapeError(layer_id, "slides over time only on a sequence: give one number for each of its sizes")
        sides = shape[1:] if self.is_image else (shape[0], 1)
        if not self.is_image:
            self.kernel, self.stride, self.padding = (self.kernel[0], 1), (self.stride[0], 1), (self.padding[0], 0)
        axes = list(zip(sides, self.kernel, self.stride, self.padding, strict=True))
        high, wide = (positions(*axis, layer_id) for axis in axes)
        self.windows = axes
        self.size = self.kernel[0] * self.kernel[1]
        self.overlaps = any(stride < kernel for _, kernel, stride, _ in axes)
        self.leaves_out = any(stride > kernel or (side + 2 * zeros) % stride for side, kernel, stride, zeros in axes)
        super().__init__(shape, (shape[0], high, wide) if self.is_image else (high, shape[1]), layer_id)

    @functools.cached_property
    def offsets(self) -> list[tuple[tuple[slice, ...], tuple[slice, ...]]]:
        """For each place in the window: the numbers that are seen there, and the windows that see them."""
        down, across = (spans(*axis) for axis in self.windows)
        return [
            ((slice(None), lines, places), (slice(None), highs, wides))
            for lines, highs in down
            for places, wides in across
        ]

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """The output, and for training dx."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
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


class MaxPool(Pool):
    """The largest number of each window; its gradient goes to the first that is as large.

    Which one that is, forward notes as it compares, while the numbers are at hand.
    """

    chosen: Array
    open: Array
    part: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Compare the windows' numbers one after the other, then find the largest again if it is to be noted."""
        x, y = self._axes(x), self._axes(self.y)
        y.fill(-np.inf)
        for seen, places in self.offsets:
            np.maximum(y[places], x[seen], out=y[places])
        if "chosen" in self._allocated:
            self._note(x, y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Hand each window's gradient to its largest number."""
        dy, dx, part = self._axes(dy), self._axes(self.dx), self._axes(self.part)
        if self.overlaps or self.leaves_out:
            dx.fill(0)
        for (seen, places), chosen in zip(self.offsets, self.chosen, strict=True):
            if self.overlaps:
                np.multiply(dy[places], chosen[places], out=part[places])
                np.add(dx[seen], part[places], out=dx[seen])
            else:
                np.multiply(dy[places], chosen[places], out=dx[seen])
        return self.dx

    def _note(self, x: Array, y: Array) -> None:
        still_open = self._axes(self.open)
        still_open.fill(True)
        for (seen, places), chosen in zip(self.offsets, self.chosen, strict=True):
            here, left = chosen[places], still_open[places]
            np.equal(x[seen], y[places], out=here)
            np.logical_and(here, left, out=here)
            np.logical_xor(here, left, out=left)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """For training also, for each number of each window, whether it is the largest."""
        wanted = super().buffers(dtype, training=training)
        if training:
            wanted |= {"open": (self.output_shape, np.bool_), "part": (self.output_shape, dtype)}
            wanted["chosen"] = ((self.size * self.outputs,), np.bool_)
        return wanted

    def resize(self, rows: int) -> None:
        """Lay out what is noted as one output after the other."""
        super().resize(rows)
        if "chosen" in self._allocated:
            self.chosen = self.chosen.reshape(self.size, *self._axes(self.y).shape)

    def flops(self) -> tuple[int, int]:
        """Forward two comparisons and two operations on bits per number seen; backward a product and a sum."""
        seen = self.outputs * self.size
        return 4 * seen, (1 + self.overlaps) * seen

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
        return np.multiply(self.y, 1 / self.size, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Every number of a window gets the same part of its gradient."""
        np.multiply(dy, 1 / self.size, out=dy)
        dy, dx = self._axes(dy), self._axes(self.dx)
        if self.overlaps or self.leaves_out:
            dx.fill(0)
        for seen, places in self.offsets:
            if self.overlaps:
                np.add(dx[seen], dy[places], out=dx[seen])
            else:
                np.copyto(dx[seen], dy[places])
        return self.dx

    def flops(self) -> tuple[int, int]:
        """A sum per number seen, and a product per window, in both directions."""
        each = self.outputs * (self.size + 1)
        return each, each

    def torch_module(self) -> str:
        """Return AvgPool."""
        return "AvgPool"
