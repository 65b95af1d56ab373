"""Convolution of sequences: the same weighted sum of neighboring time steps, at every time step."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from engine import initializers
from engine.layers.convolution.windows import TORCH_OVER_TIME, count_positions, same_padding, spans
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Shape
from engine.spec import Conv1dSpec


class Conv1d(Layer):
    """y[t, o] = b[o] + sum over i, c of W[o, c, i] x[t s + i - p, c], as torch.nn.Conv1d on transposed rows.

    `windows` holds, for each group of features, what the kernel covers at each time step, as one row of a matrix.
    """

    y: Array
    dx: Array
    windows: Array
    kernels: Array
    dkernels: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Copy the windows, then multiply them by the kernels."""
        if self.padding:
            self.windows.fill(0)
        for window, seen in self._offsets(x):
            np.copyto(window, seen)
        np.copyto(self._by_step(self.kernels), self.W.swapaxes(1, 2))
        outputs = self.y.reshape(self.by_step).swapaxes(0, 1)
        np.matmul(self.windows, self.kernels.swapaxes(1, 2), out=outputs)
        if self.b is not None:
            np.add(self.y, self.b, out=self.y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Write dW = dy' windows; return dx, the sum of the gradients dy W of the windows."""
        if self.db is not None:
            np.add.reduce(dy.reshape(-1, self.spec.channels), axis=0, out=self.db)
        outputs = dy.reshape(self.by_step).swapaxes(0, 1)
        np.matmul(outputs.swapaxes(1, 2), self.windows, out=self.dkernels)
        np.copyto(self.dW, self._by_step(self.dkernels).swapaxes(1, 2))
        if not self.passes_gradient:
            return dy
        np.matmul(outputs, self.kernels, out=self.windows)
        self.dx.fill(0)
        for window, seen in self._offsets(self.dx):
            np.add(seen, window, out=seen)
        return self.dx

    def _offsets(self, x: Array) -> list[tuple[Array, Array]]:
        """Return for each time step of the kernel its part of the windows, and the matching part of `x`."""
        by_feature = x.reshape(self.by_group).transpose(2, 0, 1, 3)
        return [
            (self.parts[:, :, time_steps, offset], by_feature[:, :, seen])
            for offset, (seen, time_steps) in enumerate(self.offsets)
        ]

    def _by_step(self, kernels: Array) -> Array:
        return kernels.reshape(self.spec.channels, self.kernel, self.features)

    def __init__(self, spec: Conv1dSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 2:
            raise ShapeError(
                layer_id, f"takes sequences of shape (time, features), not {list(shape)}; add a reshape layer before it"
            )
        if shape[1] % spec.groups:
            raise ShapeError(layer_id, f"{shape[1]} features cannot be divided into {spec.groups} groups")
        self.spec, self.groups, self.kernel = spec, spec.groups, spec.kernel
        self.padding = same_padding(spec.padding, (spec.kernel, 1))[0]
        self.time_steps = count_positions(shape[0], spec.kernel, spec.stride, self.padding, layer_id)
        super().__init__(shape, (self.time_steps, spec.channels), layer_id)
        self.features = shape[1] // spec.groups  # per kernel
        self.window = spec.kernel * self.features  # numbers in a window
        self.initializer = initializers.resolve(spec.initializer, spec.activation)

    @functools.cached_property
    def offsets(self) -> list[tuple[slice, slice]]:
        """For each time step of the kernel: the input time steps it covers, and the windows that do so."""
        return spans(self.input_shape[0], self.kernel, self.spec.stride, self.padding)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the kernels, and of the biases if there are any."""
        weight: dict[str, Shape] = {"layer.weight": (self.spec.channels, self.features, self.kernel)}
        return weight | ({"layer.bias": (self.spec.channels,)} if self.spec.bias else {})

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        self.W, self.b = values["layer.weight"], values.get("layer.bias")
        if gradients is not None:
            self.dW, self.db = gradients["layer.weight"], gradients.get("layer.bias")

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the kernels; set biases to zero."""
        initializers.fill(self.W, self.initializer, rng)
        if self.b is not None:
            self.b.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output and the windows, whose memory also holds their gradient; for training also dx."""
        wanted: Buffers = {
            "y": (self.output_shape, dtype),
            "windows": ((self.groups * self.time_steps, self.window), dtype),
        }
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the kernels as matrices, and for training their gradients."""
        matrices = (self.groups, self.spec.channels // self.groups, self.window)
        return dict.fromkeys(("kernels", "dkernels") if training else ("kernels",), (matrices, dtype))

    def resize(self, rows: int) -> None:
        """Also create views of the buffers as matrices with one row per time step."""
        super().resize(rows)
        self.windows = self.windows.reshape(self.groups, rows * self.time_steps, self.window)
        self.parts = self.windows.reshape(self.groups, rows, self.time_steps, self.kernel, self.features)
        self.by_step = (rows * self.time_steps, self.groups, self.spec.channels // self.groups)
        self.by_group = (rows, self.input_shape[0], self.groups, self.features)

    def flops(self) -> tuple[int, int]:
        """One product forward; two backward (one without dx), plus the sums for dx."""
        product = 2 * self.window * self.outputs
        biases = self.outputs * self.spec.bias
        sums = self.groups * self.window * self.time_steps
        return product + biases, product + biases + self.passes_gradient * (product + sums)

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Conv1d between two transpositions."""
        spec = self.spec
        return (
            f"OverTime(torch.nn.Conv1d({self.input_shape[1]}, {spec.channels}, {spec.kernel}, stride={spec.stride}, "
            f"padding={self.padding}, groups={spec.groups}, bias={spec.bias}))"
        )

    def torch_definitions(self) -> dict[str, str]:
        """Return the wrapper that transposes."""
        return {"OverTime": TORCH_OVER_TIME}
