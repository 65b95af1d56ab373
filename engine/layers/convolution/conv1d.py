"""Convolution of sequences: the same weighted sum of a few neighbouring moments, at every moment."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from engine import initializers
from engine.layers.convolution.windows import TORCH_OVER_TIME, positions, same_padding, spans
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Shape
from engine.spec import Conv1dSpec


class Conv1d(Layer):
    """y[t, o] = b[o] + sum over i, c of W[o, c, i] x[t s + i - p, c], as torch.nn.Conv1d on transposed rows.

    `windows` holds, for each group of features, what the kernel sees at each moment, as a row of a matrix.
    """

    y: Array
    dx: Array
    windows: Array
    kernels: Array
    dkernels: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Lay out the windows, then multiply them by the kernels."""
        if self.padding:
            self.windows.fill(0)
        for window, seen in self._offsets(x):
            np.copyto(window, seen)
        np.copyto(self._by_moment(self.kernels), self.W.swapaxes(1, 2))
        outputs = self.y.reshape(self.by_moment).swapaxes(0, 1)
        np.matmul(self.windows, self.kernels.swapaxes(1, 2), out=outputs)
        if self.b is not None:
            np.add(self.y, self.b, out=self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """DW = dy' windows; the windows' gradient dy W is added up where the windows lay."""
        if self.db is not None:
            np.add.reduce(dy.reshape(-1, self.spec.channels), axis=0, out=self.db)
        outputs = dy.reshape(self.by_moment).swapaxes(0, 1)
        np.matmul(outputs.swapaxes(1, 2), self.windows, out=self.dkernels)
        np.copyto(self.dW, self._by_moment(self.dkernels).swapaxes(1, 2))
        if not self.passes_gradient:
            return dy
        np.matmul(outputs, self.kernels, out=self.windows)
        self.dx.fill(0)
        for window, seen in self._offsets(self.dx):
            np.add(seen, window, out=seen)
        return self.dx

    def _offsets(self, x: Array) -> list[tuple[Array, Array]]:
        """Return for each moment of the kernel its part of the windows, and the part of `x` that belongs there."""
        by_feature = x.reshape(self.by_group).transpose(2, 0, 1, 3)
        return [
            (self.parts[:, :, moments, offset], by_feature[:, :, seen])
            for offset, (seen, moments) in enumerate(self.offsets)
        ]

    def _by_moment(self, kernels: Array) -> Array:
        return kernels.reshape(self.spec.channels, self.kernel, self.features)

    def __init__(self, spec: Conv1dSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 2:
            raise ShapeError(layer_id, f"takes sequences (time, features), not {list(shape)}; reshape makes them")
        if shape[1] % spec.groups:
            raise ShapeError(layer_id, f"{shape[1]} features cannot be divided into {spec.groups} groups")
        self.spec, self.groups, self.kernel = spec, spec.groups, spec.kernel
        self.padding = same_padding(spec.padding, (spec.kernel, 1))[0]
        self.moments = positions(shape[0], spec.kernel, spec.stride, self.padding, layer_id)
        super().__init__(shape, (self.moments, spec.channels), layer_id)
        self.features = shape[1] // spec.groups  # that a kernel sees
        self.window = spec.kernel * self.features  # numbers in it
        self.initializer = initializers.resolve(spec.initializer, spec.activation)

    @functools.cached_property
    def offsets(self) -> list[tuple[slice, slice]]:
        """For each moment of the kernel: the moments that are seen there, and the windows that see them."""
        return spans(self.input_shape[0], self.kernel, self.spec.stride, self.padding)

    def parameter_shapes(self) -> dict[str, Shape]:
        """One kernel per output, and its bias if wanted."""
        weight: dict[str, Shape] = {"layer.weight": (self.spec.channels, self.features, self.kernel)}
        return weight | ({"layer.bias": (self.spec.channels,)} if self.spec.bias else {})

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Keep the views, the kernels' with their moments first, as the windows have them."""
        self.W, self.b = values["layer.weight"], values.get("layer.bias")
        if gradients is not None:
            self.dW, self.db = gradients["layer.weight"], gradients.get("layer.bias")

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the kernels; biases start at zero."""
        initializers.fill(self.W, self.initializer, rng)
        if self.b is not None:
            self.b.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """The output and the windows, whose memory their gradient takes later; for training also dx."""
        wanted: Buffers = {
            "y": (self.output_shape, dtype),
            "windows": ((self.groups * self.moments, self.window), dtype),
        }
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """The kernels as matrices, and their gradients."""
        matrices = (self.groups, self.spec.channels // self.groups, self.window)
        return dict.fromkeys(("kernels", "dkernels") if training else ("kernels",), (matrices, dtype))

    def resize(self, rows: int) -> None:
        """Keep the buffers as matrices with one row per moment."""
        super().resize(rows)
        self.windows = self.windows.reshape(self.groups, rows * self.moments, self.window)
        self.parts = self.windows.reshape(self.groups, rows, self.moments, self.kernel, self.features)
        self.by_moment = (rows * self.moments, self.groups, self.spec.channels // self.groups)
        self.by_group = (rows, self.input_shape[0], self.groups, self.features)

    def flops(self) -> tuple[int, int]:
        """One product forward, two backward (one where nobody wants dx), with the sums that put dx together."""
        product = 2 * self.window * self.outputs
        biases = self.outputs * self.spec.bias
        sums = self.groups * self.window * self.moments
        return product + biases, product + biases + self.passes_gradient * (product + sums)

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Conv1d between two transpositions."""
        spec = self.spec
        return (
            f"OverTime(torch.nn.Conv1d({self.input_shape[1]}, {spec.channels}, {spec.kernel}, stride={spec.stride}, "
            f"padding={self.padding}, groups={spec.groups}, bias={spec.bias}))"
        )

    def torch_definitions(self) -> dict[str, str]:
        """The wrapper that transposes."""
        return {"OverTime": TORCH_OVER_TIME}
