"""Group normalization: normalize groups of channels within each row, then apply a learned gain and bias."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.convolution.windows import TORCH_OVER_TIME
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Shape
from engine.spec import GroupNormSpec


class GroupNorm(Layer):
    """y = gain (x - mean) / sqrt(variance + epsilon) + bias over each group of channels, all positions together.

    (Wu and He, 2018.) Rows do not depend on each other, so training and inference are the same. Batches are seen as
    `axes` with the groups as an axis of their own, and reduced over the `summed` ones: images as (groups, channels and
    positions, rows), sequences as (rows, time, groups, features), flat rows as (rows, 1, groups, features).
    """

    y: Array
    normal: Array
    work: Array
    mean: Array
    scale: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Normalize each group of each row."""
        normal, work = self.normal.reshape(self.axes), self.work.reshape(self.axes)
        np.subtract(x.reshape(self.axes), self._mean_of(x.reshape(self.axes)), out=normal)
        np.add(self._mean_of(np.multiply(normal, normal, out=work)), self.epsilon, out=self.scale)
        np.reciprocal(np.sqrt(self.scale, out=self.scale), out=self.scale)
        np.multiply(normal, self.scale, out=normal)
        np.multiply(self.normal.reshape(self.channel_axes), self.gain_column, out=self.y.reshape(self.channel_axes))
        np.add(self.y.reshape(self.channel_axes), self.bias_column, out=self.y.reshape(self.channel_axes))
        return self.y

    def backward(self, dy: Array) -> Array:
        """Return dx = (g - mean(g) - normal mean(g normal)) / standard deviation with g = gain dy."""
        columns, normal = dy.reshape(self.channel_axes), self.normal.reshape(self.channel_axes)
        pattern = "i" if self.is_image else "j"
        np.einsum(f"ij,ij->{pattern}", columns, normal, out=self.dgain)
        np.einsum(f"ij->{pattern}", columns, out=self.dbias)
        if not self.passes_gradient:
            return dy
        np.multiply(columns, self.gain_column, out=columns)
        g, normal, work = dy.reshape(self.axes), self.normal.reshape(self.axes), self.work.reshape(self.axes)
        mean = self._mean_of(np.multiply(g, normal, out=work))
        np.multiply(normal, mean, out=work)
        np.subtract(g, self._mean_of(g), out=g)
        np.subtract(g, work, out=g)
        np.multiply(g, self.scale, out=g)
        return dy

    def _mean_of(self, values: Array) -> Array:
        """Return the mean of each group, valid until the next call."""
        np.add.reduce(values, axis=self.summed, keepdims=True, out=self.mean)
        return np.multiply(self.mean, self.share, out=self.mean)

    def __init__(self, spec: GroupNormSpec, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)
        self.is_image = len(shape) == 3
        self.channels = shape[0] if self.is_image else shape[-1]
        self.groups, self.epsilon = spec.groups, spec.epsilon
        if self.channels % self.groups:
            raise ShapeError(layer_id, f"{self.channels} channels cannot be divided among {self.groups} groups")
        if self.inputs == self.groups:
            raise ShapeError(layer_id, "would turn groups of a single number into 0; use fewer groups")
        self.prefix = "layer." if len(shape) == 2 else ""
        self.share = self.groups / self.inputs
        self.summed: tuple[int, ...] = (1,) if self.is_image else (1, 3)

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of gain and bias."""
        return dict.fromkeys((f"{self.prefix}weight", f"{self.prefix}bias"), (self.channels,))

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views, also as a column per channel."""
        names = tuple(self.parameter_shapes())
        self.gain, self.bias = (values[name] for name in names)
        shape = (-1, 1) if self.is_image else (1, -1)
        self.gain_column, self.bias_column = self.gain.reshape(shape), self.bias.reshape(shape)
        if gradients is not None:
            self.dgain, self.dbias = (gradients[name] for name in names)

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002 - draws nothing
        """Start with plain normalization."""
        self.gain.fill(1)
        self.bias.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the same in both
        """Declare the output, the normalized input, memory for products, and two numbers per group."""
        numbers: dict[str, Shape] = dict.fromkeys(("y", "normal", "work"), self.output_shape)
        per_group = dict.fromkeys(("mean", "scale"), (self.groups,))
        return {name: (shape, dtype) for name, shape in (numbers | per_group).items()}

    def resize(self, rows: int) -> None:
        """Also set the axes."""
        super().resize(rows)
        if self.is_image:
            self.axes: Shape = (self.groups, self.inputs // self.groups, rows)
            self.channel_axes: Shape = (self.channels, self.inputs // self.channels * rows)
        else:
            time = self.inputs // self.channels
            self.axes = (rows, time, self.groups, self.channels // self.groups)
            self.channel_axes = (rows * time, self.channels)
        per_group = (self.groups, 1, rows) if self.is_image else (rows, 1, self.groups, 1)
        self.mean, self.scale = self.mean.reshape(per_group), self.scale.reshape(per_group)

    def flops(self) -> tuple[int, int]:
        """Seven operations per number forward; backward four for the parameters, eight for dx."""
        return 7 * self.outputs, (4 + 8 * self.passes_gradient) * self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.GroupNorm; for sequences between two transpositions."""
        module = f"torch.nn.GroupNorm({self.groups}, {self.channels}, eps={self.epsilon!r})"
        return f"OverTime({module})" if self.prefix else module

    def torch_definitions(self) -> dict[str, str]:
        """Return the wrapper that transposes, for sequences."""
        return {"OverTime": TORCH_OVER_TIME} if self.prefix else {}
