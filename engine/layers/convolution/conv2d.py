"""Convolution of images: the same small weighted sum at every position."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import initializers
from engine.layers.convolution.windows import count_positions, pair, same_padding, sliding_windows, spans
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Image, Shape
from engine.spec import Conv2dSpec


class Conv2d(Layer):
    """y[o, r, q] = b[o] + sum over c, i, j of W[o, c, i, j] x[c, r s + i - p, q s + j - p], as torch.nn.Conv2d.

    One matrix product per line of the output (Cho and Brand, 2017, "MEC", here with the batch as the last axis):

        strips  (height, channels, kernel width, out width, rows)       x, copied once per column of the kernel
        windows (out height, kernel height channels kernel width, out width, rows)     a view of the strips
        kernels (outputs, kernel height channels kernel width)          W with its lines first
        y[:, line] = kernels windows[line] + b
        dkernels' = sum over lines of windows[line] dy[:, line]', which is faster than its transpose

    A strip holds what all windows cover on one line of the image. A window over three lines covers three neighboring
    strips, which are contiguous in memory. So `windows` is a view whose matrices overlap, and costs nothing. Backward
    is similar: the gradient of a strip is one product of the flipped kernels with the neighboring lines of dy whose
    windows cover the strip.

    With groups, each group of channels has its own strips and its own part of the outputs, along an additional first
    axis.
    """

    y: Array
    dx: Array
    strips: Array
    dstrips: Array
    dlines: Array
    kernels: Array
    flipped: Array
    dkernels: Array
    dkernel: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Fill the strips, then multiply the windows of each line by the kernels."""
        top = self.padding[0]
        lines = self.strips.reshape(self.groups, self.height, -1)[:, top : top + self.input_shape[1]]
        for strip, seen in self._columns(lines, x):
            np.copyto(strip, seen)
        np.copyto(self.kernels.reshape(self.W_by_line.shape), self.W_by_line)
        np.matmul(self.kernels[:, None], self.windows, out=self.y.reshape(self.by_channel).swapaxes(1, 2))
        if self.b is not None:
            np.add(self.y, self.b[:, None, None, None], out=self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Write the gradients of the kernels; return dx, the sum of the gradients of the strips."""
        if self.db is not None:
            np.einsum("ij->i", dy.reshape(self.spec.channels, -1), out=self.db)  # three times as fast as a reduction
        lines = dy.reshape(self.by_channel).swapaxes(1, 2)
        self._differentiate_kernels(lines)
        if not self.passes_gradient:
            return dy
        np.copyto(self.dlines[:, self.overlap - 1 :][:, : self.out_height], lines)
        for flipped, kernels, covering, strips in self.strip_products:
            np.copyto(flipped, kernels)
            np.matmul(flipped.reshape(self.groups, 1, strips.shape[2], -1), covering, out=strips)
        return self._sum_strips()

    def _differentiate_kernels(self, lines: Array) -> None:
        """Sum windows dy' over the lines."""
        self.dkernels.fill(0)
        for line in range(self.out_height):
            np.matmul(self.windows[:, line], lines[:, line].swapaxes(1, 2), out=self.dkernel)
            np.add(self.dkernels, self.dkernel, out=self.dkernels)
        np.copyto(self.dW_by_window, self.dkernels.reshape(self.dW_by_window.shape))

    def _sum_strips(self) -> Array:
        """Sum the gradients of the strips into dx; start with a copy if one column of the kernel covers all of dx."""
        columns = self._columns(self.dstrips, self.dx)
        if self.full_column is None:
            self.dx.fill(0)
        else:
            strip, seen = columns.pop(self.full_column)
            np.copyto(seen, strip)
        for strip, seen in columns:
            np.add(seen, strip, out=seen)
        return self.dx

    def _strip_products(self, strips: Array) -> Iterator[tuple[Array, Array, Array, Array]]:
        """Yield the products that make the gradients of the strips, one per remainder of a line number by the stride.

        Each consists of the memory for the flipped kernel lines with this remainder; these lines, as (groups, channels,
        kernel width, kernel lines, outputs); the lines of dy that contribute to each strip; and the strips.
        """
        shape = (self.groups, self.group_outputs, self.channels, *self.kernel)
        kernels = self.W.reshape(shape).transpose(0, 2, 4, 3, 1)
        free, stride = self.flipped.reshape(-1), self.stride[0]
        for remainder, (overlap, first, last) in enumerate(self._covered()):
            wanted = kernels[:, :, :, remainder::stride][:, :, :, ::-1]
            flipped, free = free[: wanted.size].reshape(wanted.shape), free[wanted.size :]
            if last > first:
                covering = sliding_windows(self.dlines, self.overlap - overlap + first, last - first, overlap)
                line = remainder + first * stride - self.padding[0]
                yield flipped, wanted, covering, strips[:, line::stride][:, : last - first]

    def _covered(self) -> list[tuple[int, int, int]]:
        """Return, for each remainder of a line number by the stride: its number of kernel lines, and a range of strips.

        The strips with that remainder from first to before last are covered by windows and are not padding.
        """
        (height, _), (stride, _), (top, _) = self.kernel, self.stride, self.padding
        found = []
        for remainder in range(min(height, stride)):
            overlap = len(range(remainder, height, stride))
            first = max(0, -(-(top - remainder) // stride))
            last = min(self.out_height + overlap - 1, -(-(top + self.input_shape[1] - remainder) // stride))
            found.append((overlap, first, last))
        return found

    def _columns(self, strips: Array, image: Array) -> list[tuple[Array, Array]]:
        """Return for each column of the kernel its part of the strips, and the matching part of the image.

        `strips` do not include the lines of the padding.
        """
        shape = (self.groups, self.input_shape[1], self.channels, self.kernel[1], self.out_width, image.shape[-1])
        by_column = strips.reshape(shape)
        by_line = image.reshape(self.by_group).swapaxes(1, 2)
        return [
            (by_column[:, :, :, column, windows], by_line[:, :, :, seen])
            for column, (seen, windows) in enumerate(self.column_spans)
        ]

    def __init__(self, spec: Conv2dSpec, shape: Shape, layer_id: LayerId) -> None:
        self.spec, self.groups = spec, spec.groups
        self.kernel, self.stride = pair(spec.kernel), pair(spec.stride)
        self.padding = same_padding(spec.padding, self.kernel)
        channels, *sides = _image_shape(shape, layer_id)
        if channels % spec.groups:
            raise ShapeError(layer_id, f"{channels} channels cannot be divided into {spec.groups} groups")
        axes = list(zip(sides, self.kernel, self.stride, self.padding, strict=True))
        self.out_height, self.out_width = (count_positions(*axis, layer_id) for axis in axes)
        super().__init__(shape, (spec.channels, self.out_height, self.out_width), layer_id)
        self.height = sides[0] + 2 * self.padding[0]
        self.overlap = -(-self.kernel[0] // self.stride[0])  # output lines whose windows cover one input line
        self.channels = channels // spec.groups  # per kernel
        self.group_outputs = spec.channels // spec.groups  # per group
        self.window = self.kernel[0] * self.channels * self.kernel[1]  # numbers in a window
        self.initializer = initializers.resolve(spec.initializer, spec.activation)

    @functools.cached_property
    def column_spans(self) -> list[tuple[slice, slice]]:
        """For each column of the kernel: the input columns it covers, and the windows that do so."""
        return spans(self.input_shape[2], self.kernel[1], self.stride[1], self.padding[1])

    @functools.cached_property
    def full_column(self) -> int | None:
        """The column of the kernel that covers every column of the image, if there is one."""
        everything = slice(0, self.input_shape[2], 1)
        return next((column for column, (seen, _) in enumerate(self.column_spans) if seen == everything), None)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the kernels, and of the biases if there are any."""
        weight: dict[str, Shape] = {"weight": (self.spec.channels, self.channels, *self.kernel)}
        return weight | ({"bias": (self.spec.channels,)} if self.spec.bias else {})

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views, those of the kernels with their lines first, as in the windows."""
        self.W, self.b = values["weight"], values.get("bias")
        self.W_by_line = self.W.transpose(0, 2, 1, 3)
        if gradients is not None:
            dW = gradients["weight"].reshape(self.groups, self.group_outputs, self.channels, *self.kernel)
            self.dW_by_window, self.db = dW.transpose(0, 3, 2, 4, 1), gradients.get("bias")

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the kernels; set biases to zero."""
        initializers.fill(self.W, self.initializer, rng)
        if self.b is not None:
            self.b.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output and the strips; for training also dx, gradients of strips, and padded lines of dy."""
        strips = Image((self.groups * self.height, self.channels * self.kernel[1], self.out_width))
        wanted: Buffers = {"y": (self.output_shape, dtype), "strips": (strips, dtype)}
        if training and self.passes_gradient:
            lines = Image((self.groups * (self.out_height + 2 * self.overlap - 2), self.group_outputs, self.out_width))
            seen = Image((self.groups * self.input_shape[1], self.channels * self.kernel[1], self.out_width))
            wanted |= {"dx": (self.input_shape, dtype), "dstrips": (seen, dtype), "dlines": (lines, dtype)}
        return wanted

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the kernels as matrices; for training also flipped, and their gradient, per line and summed."""
        wanted: Buffers = {"kernels": ((self.groups, self.group_outputs, self.window), dtype)}
        transposed = ("flipped", "dkernels", "dkernel") if training else ()
        return wanted | dict.fromkeys(transposed, ((self.groups, self.window, self.group_outputs), dtype))

    def resize(self, rows: int) -> None:
        """Also create views of the strips, and set them to zero: padding is never written again."""
        super().resize(rows)
        length = self.out_width * rows
        numbers = self.channels * self.kernel[1]
        by_line = (self.groups, self.height, numbers, length)
        self.by_group = (self.groups, self.channels, *self.input_shape[1:], rows)
        self.by_channel = (self.groups, self.group_outputs, self.out_height, length)
        self.strips.fill(0)
        self.windows = sliding_windows(self.strips.reshape(by_line), 0, self.out_height, self.kernel[0], self.stride[0])
        if "dstrips" in self._allocated:
            self.dstrips.fill(0)
            self.dlines.fill(0)
            self.dlines = self.dlines.reshape(self.groups, -1, self.group_outputs, length)
            self.strip_products = list(self._strip_products(self.dstrips.reshape(self.groups, -1, numbers, length)))

    def flops(self) -> tuple[int, int]:
        """One product forward; two backward (one without dx), plus the sums for dx."""
        product = 2 * self.window * self.outputs
        biases = self.outputs * self.spec.bias
        if not self.passes_gradient:
            return product + biases, product + biases
        lines = sum(overlap * max(0, last - first) for overlap, first, last in self._covered())
        strips = 2 * self.group_outputs * lines * self.groups * self.channels * self.kernel[1] * self.out_width
        sums = self.inputs * self.kernel[1] * self.out_width // self.input_shape[2]
        return product + biases, product + biases + strips + sums

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Conv2d."""
        return (
            f"torch.nn.Conv2d({self.input_shape[0]}, {self.spec.channels}, {self.kernel}, stride={self.stride}, "
            f"padding={self.padding}, groups={self.groups}, bias={self.spec.bias})"
        )


def _image_shape(shape: Shape, layer_id: LayerId) -> Shape:
    if len(shape) != 3:
        raise ShapeError(
            layer_id,
            f"takes images of shape (channels, height, width), not {list(shape)}; add a reshape layer before it",
        )
    return shape
