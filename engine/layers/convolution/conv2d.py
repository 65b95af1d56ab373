"""Convolution of images: the same small weighted sum at every position."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import initializers
from engine.layers.convolution.windows import pair, positions, same_padding, spans, stacked
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Image, Shape
from engine.spec import Conv2dSpec


class Conv2d(Layer):
    """y[o, r, q] = b[o] + sum over c, i, j of W[o, c, i, j] x[c, r s + i - p, q s + j - p], as torch.nn.Conv2d.

    As matrix products, one per line of the output (Cho and Brand, 2017, "MEC", here with the batch innermost):

        strips  (height, channels, kernel width, places, rows)       x, copied once per column of the kernel
        windows (lines, kernel height channels kernel width, places rows)      a view of the strips
        kernels (outputs, kernel height channels kernel width)       W with its lines first
        y[:, line] = kernels windows[line] + b
        dkernels' = sum over lines of windows[line] dy[:, line]', which is faster than the other way round

    A strip holds what windows meet on one line of the image, at all their places along it. A window that covers three
    lines sees three neighbouring strips, which lie one after the other in memory, so `windows` takes nothing to make:
    its matrices overlap. Backward likewise: the gradient of a strip is one product of the kernels, turned around,
    with the neighbouring lines of dy whose windows covered it.

    With groups, each group of channels has its own strips, and its own share of the outputs: one more axis in front.
    """

    y: Array
    dx: Array
    strips: Array
    dstrips: Array
    dlines: Array
    kernels: Array
    turned: Array
    dkernels: Array
    dkernel: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Fill the strips, then multiply each line's windows by the kernels."""
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
        """Sum up what the kernels get; multiply for the strips, and sum those up to dx."""
        if self.db is not None:
            np.einsum("ij->i", dy.reshape(self.spec.channels, -1), out=self.db)  # three times as fast as a reduction
        lines = dy.reshape(self.by_channel).swapaxes(1, 2)
        self._differentiate_kernels(lines)
        if not self.passes_gradient:
            return dy
        np.copyto(self.dlines[:, self.reach - 1 :][:, : self.lines], lines)
        for turned, kernels, covering, strips in self.spread:
            np.copyto(turned, kernels)
            np.matmul(turned.reshape(self.groups, 1, strips.shape[2], -1), covering, out=strips)
        return self._add_up()

    def _differentiate_kernels(self, lines: Array) -> None:
        """Sum up windows dy' over the lines."""
        self.dkernels.fill(0)
        for line in range(self.lines):
            np.matmul(self.windows[:, line], lines[:, line].swapaxes(1, 2), out=self.dkernel)
            np.add(self.dkernels, self.dkernel, out=self.dkernels)
        np.copyto(self.dW_by_window, self.dkernels.reshape(self.dW_by_window.shape))

    def _add_up(self) -> Array:
        """Add up in dx what its strips got, beginning with a copy where there is one for all of it."""
        columns = self._columns(self.dstrips, self.dx)
        if self.central is None:
            self.dx.fill(0)
        else:
            strip, seen = columns.pop(self.central)
            np.copyto(seen, strip)
        for strip, seen in columns:
            np.add(seen, strip, out=seen)
        return self.dx

    def _spread(self, strips: Array) -> Iterator[tuple[Array, Array, Array, Array]]:
        """Yield, for each remainder of a strip's line by the stride, what its gradient is made of.

        That is: where to write the kernels' lines with this remainder, last line first, and the kernels themselves,
        both as (groups, channels, kernel width, kernel's lines, outputs); the lines of dy that each strip gets its
        gradient from; and the strips.
        """
        shape = (self.groups, self.outgoing, self.channels, *self.kernel)
        kernels = self.W.reshape(shape).transpose(0, 2, 4, 3, 1)
        free, stride = self.turned.reshape(-1), self.stride[0]
        for remainder, (reach, first, last) in enumerate(self._covered()):
            wanted = kernels[:, :, :, remainder::stride][:, :, :, ::-1]
            turned, free = free[: wanted.size].reshape(wanted.shape), free[wanted.size :]
            if last > first:
                covering = stacked(self.dlines, self.reach - reach + first, last - first, reach)
                line = remainder + first * stride - self.padding[0]
                yield turned, wanted, covering, strips[:, line::stride][:, : last - first]

    def _covered(self) -> list[tuple[int, int, int]]:
        """Return, for each remainder of a line by the stride: how many of a kernel's lines have it, and which strips.

        Those are the strips, from a first to before a last one of this remainder, that windows cover and that are not
        padding.
        """
        (height, _), (stride, _), (top, _) = self.kernel, self.stride, self.padding
        found = []
        for remainder in range(min(height, stride)):
            reach = len(range(remainder, height, stride))
            first = max(0, -(-(top - remainder) // stride))
            last = min(self.lines + reach - 1, -(-(top + self.input_shape[1] - remainder) // stride))
            found.append((reach, first, last))
        return found

    def _columns(self, strips: Array, image: Array) -> list[tuple[Array, Array]]:
        """Return for each column of the kernel its part of the strips, and the part of the image that belongs there.

        `strips` without the padding's lines.
        """
        shape = (self.groups, self.input_shape[1], self.channels, self.kernel[1], self.places, image.shape[-1])
        by_column = strips.reshape(shape)
        by_line = image.reshape(self.by_group).swapaxes(1, 2)
        return [
            (by_column[:, :, :, column, places], by_line[:, :, :, seen])
            for column, (seen, places) in enumerate(self.along)
        ]

    def __init__(self, spec: Conv2dSpec, shape: Shape, layer_id: LayerId) -> None:
        self.spec, self.groups = spec, spec.groups
        self.kernel, self.stride = pair(spec.kernel), pair(spec.stride)
        self.padding = same_padding(spec.padding, self.kernel)
        channels, *sides = _image(shape, layer_id)
        if channels % spec.groups:
            raise ShapeError(layer_id, f"{channels} channels cannot be divided into {spec.groups} groups")
        axes = list(zip(sides, self.kernel, self.stride, self.padding, strict=True))
        self.lines, self.places = (positions(*axis, layer_id) for axis in axes)
        super().__init__(shape, (spec.channels, self.lines, self.places), layer_id)
        self.height = sides[0] + 2 * self.padding[0]
        self.reach = -(-self.kernel[0] // self.stride[0])  # lines of the output whose windows cover one of the input
        self.channels = channels // spec.groups  # that a kernel sees
        self.outgoing = spec.channels // spec.groups  # outputs of a group
        self.window = self.kernel[0] * self.channels * self.kernel[1]  # numbers in it
        self.initializer = initializers.resolve(spec.initializer, spec.activation)

    @functools.cached_property
    def along(self) -> list[tuple[slice, slice]]:
        """For each column of the kernel: the columns seen there, and the windows that see them."""
        return spans(self.input_shape[2], self.kernel[1], self.stride[1], self.padding[1])

    @functools.cached_property
    def central(self) -> int | None:
        """The column of the kernel that sees every column of the image, if there is one."""
        everything = slice(0, self.input_shape[2], 1)
        return next((column for column, (seen, _) in enumerate(self.along) if seen == everything), None)

    def parameter_shapes(self) -> dict[str, Shape]:
        """One kernel per output channel, and its bias if wanted."""
        weight: dict[str, Shape] = {"weight": (self.spec.channels, self.channels, *self.kernel)}
        return weight | ({"bias": (self.spec.channels,)} if self.spec.bias else {})

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Keep the views: the kernels' with their lines first, as the windows have them."""
        self.W, self.b = values["weight"], values.get("bias")
        self.W_by_line = self.W.transpose(0, 2, 1, 3)
        if gradients is not None:
            dW = gradients["weight"].reshape(self.groups, self.outgoing, self.channels, *self.kernel)
            self.dW_by_window, self.db = dW.transpose(0, 3, 2, 4, 1), gradients.get("bias")

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the kernels; biases start at zero."""
        initializers.fill(self.W, self.initializer, rng)
        if self.b is not None:
            self.b.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """The output and the strips; for training also their gradients but for the padding's, and dy line by line."""
        strips = Image((self.groups * self.height, self.channels * self.kernel[1], self.places))
        wanted: Buffers = {"y": (self.output_shape, dtype), "strips": (strips, dtype)}
        if training and self.passes_gradient:
            lines = Image((self.groups * (self.lines + 2 * self.reach - 2), self.outgoing, self.places))
            seen = Image((self.groups * self.input_shape[1], self.channels * self.kernel[1], self.places))
            wanted |= {"dx": (self.input_shape, dtype), "dstrips": (seen, dtype), "dlines": (lines, dtype)}
        return wanted

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """The kernels as matrices; for training also transposed ones, and their gradients: one line's, and the sum."""
        wanted: Buffers = {"kernels": ((self.groups, self.outgoing, self.window), dtype)}
        transposed = ("turned", "dkernels", "dkernel") if training else ()
        return wanted | dict.fromkeys(transposed, ((self.groups, self.window, self.outgoing), dtype))

    def resize(self, rows: int) -> None:
        """Lay out the strips, with zeros where nothing else is ever written: in the padding."""
        super().resize(rows)
        length = self.places * rows
        numbers = self.channels * self.kernel[1]
        by_line = (self.groups, self.height, numbers, length)
        self.by_group = (self.groups, self.channels, *self.input_shape[1:], rows)
        self.by_channel = (self.groups, self.outgoing, self.lines, length)
        self.strips.fill(0)
        self.windows = stacked(self.strips.reshape(by_line), 0, self.lines, self.kernel[0], self.stride[0])
        if "dstrips" in self._allocated:
            self.dstrips.fill(0)
            self.dlines.fill(0)
            self.dlines = self.dlines.reshape(self.groups, -1, self.outgoing, length)
            self.spread = list(self._spread(self.dstrips.reshape(self.groups, -1, numbers, length)))

    def flops(self) -> tuple[int, int]:
        """One product forward, two backward (one where nobody wants dx), with the sums that put dx together."""
        product = 2 * self.window * self.outputs
        biases = self.outputs * self.spec.bias
        if not self.passes_gradient:
            return product + biases, product + biases
        lines = sum(reach * max(0, last - first) for reach, first, last in self._covered())
        strips = 2 * self.outgoing * lines * self.groups * self.channels * self.kernel[1] * self.places
        sums = self.inputs * self.kernel[1] * self.places // self.input_shape[2]
        return product + biases, product + biases + strips + sums

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Conv2d."""
        return (
            f"torch.nn.Conv2d({self.input_shape[0]}, {self.spec.channels}, {self.kernel}, stride={self.stride}, "
            f"padding={self.padding}, groups={self.groups}, bias={self.spec.bias})"
        )


def _image(shape: Shape, layer_id: LayerId) -> Shape:
    if len(shape) != 3:
        raise ShapeError(layer_id, f"takes images (channels, height, width), not {list(shape)}; reshape makes them")
    return shape
