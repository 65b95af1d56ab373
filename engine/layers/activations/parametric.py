"""Activations with a learned strength per feature."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import ShapeError
from engine.memory import Arena, Array, Buffers, Constants, Shape


class ParametricActivation(Layer):
    """y = x + a (f(x) - x) with a factor a per feature, initially 1 (Holzmüller et al., 2024)."""

    y: Array
    bend: Array  # f(x) - x
    work: Array
    ones: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Apply the function, then mix. `x` must not change until backward."""
        np.subtract(self.function.forward(x, dropout), x, out=self.bend)
        np.multiply(self.bend, self.a, out=self.y)
        return np.add(self.y, x, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Write da = sum of dy (f(x) - x); return dx = (1 - a) dy + f'(x) a dy."""
        product = np.multiply(dy, self.bend, out=self.y)  # the output has been used by now
        self.ones.dot(product.reshape(-1, self.features), self.da)
        if not self.passes_gradient:
            return dy
        np.multiply(dy, self.a, out=self.work)
        np.subtract(dy, self.work, out=dy)
        return np.add(dy, self.function.backward(self.work), out=dy)

    def __init__(self, function: Layer) -> None:
        shape = function.input_shape
        if len(shape) > 2:
            raise ShapeError(function.id, "cannot be parametric for images; remove `parametric`")
        super().__init__(shape, shape, function.id)
        self.features = shape[-1]
        self.function = function
        function.preserve_input()

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shape of the factors."""
        return {"weight": (self.features,)}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        self.a = values["weight"]
        if gradients is not None:
            self.da = gradients["weight"]

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002 - draws nothing
        """Start with the plain function."""
        self.a.fill(1)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output and the bend, and for training working memory."""
        names = ("y", "bend", "work") if training else ("y", "bend")
        return dict.fromkeys(names, (self.output_shape, dtype))

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:
        """Declare ones to sum rows with."""
        return {"ones": (self.input_shape[:-1], dtype, 1)} if training else {}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the memory of the function."""
        super().allocate(arena, capacity, dtype, training=training)
        self.function.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize the function."""
        super().resize(rows)
        self.function.resize(rows)
        if "ones" in self._allocated:
            self.ones = self.ones.reshape(-1)

    def flops(self) -> tuple[int, int]:
        """Those of the function, and three operations per number forward; backward a multiply-add, and three for dx."""
        forward, backward = self.function.flops()
        return forward + 3 * self.outputs, 2 * self.outputs + self.passes_gradient * (backward + 3 * self.outputs)

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"ParametricActivation({self.function.torch_code()}, {self.features})"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class: PyTorch has no such layer."""
        return {"ParametricActivation": TORCH}


TORCH = """\
class ParametricActivation(torch.nn.Module):
    def __init__(self, function, features):
        super().__init__()
        self.function = function
        self.weight = torch.nn.Parameter(torch.ones(features))

    def forward(self, x):
        return x + self.weight * (self.function(x) - x)
"""
