"""Fully connected: every output is a weighted sum of all inputs, plus a bias."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine import initializers
from engine.layers.layer import Layer
from engine.memory import Arena, Array, Shape
from engine.spec import InitializerName


class Dense(Layer):
    """y = x W' + b with W: (outputs, inputs), the layout of torch.nn.Linear."""

    torch_name = "Linear"
    y: Array
    dx: Array
    ones: Array

    def __init__(self, inputs: int, outputs: int, label: str, initializer: InitializerName) -> None:
        super().__init__(inputs, outputs, label)
        self.initializer = initializer

    def parameter_shapes(self) -> dict[str, Shape]:
        """One matrix and one bias."""
        return {"weight": (self.outputs, self.inputs), "bias": (self.outputs,)}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Keep the views, and the transposed one that forward multiplies by."""
        self.W, self.b = values["weight"], values["bias"]
        self.Wt = self.W.T
        if gradients is not None:
            self.dW, self.db = gradients["weight"], gradients["bias"]

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the weights; biases start at zero."""
        initializers.fill(self.W, self.initializer, rng)
        self.b.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:
        """The output; for training also the gradient handed down, and ones to sum columns with."""
        wanted: dict[str, tuple[Shape, DTypeLike]] = {"y": ((self.outputs,), dtype)}
        if training:
            wanted["ones"] = ((), dtype)
        if training and self.passes_gradient:
            wanted["dx"] = ((self.inputs,), dtype)
        return wanted

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers, and fill in the ones."""
        super().allocate(arena, capacity, dtype, training=training)
        if training and self._whole["ones"].flags.writeable:
            self._whole["ones"].fill(1)

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Multiply and add; `x` must stay as it is until backward."""
        self.x = x
        x.dot(self.Wt, self.y)
        return np.add(self.y, self.b, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Write dW = dy' x and db = sum of dy; return dx = dy W."""
        dy.T.dot(self.x, self.dW)
        self.ones.dot(dy, self.db)  # a matrix-vector product sums columns faster than a reduction
        return dy.dot(self.W, self.dx) if self.passes_gradient else dy

    def flops(self) -> tuple[int, int]:
        """One product forward, two backward (one where nobody wants dx)."""
        product = 2 * self.inputs * self.outputs
        return product + self.outputs, (1 + self.passes_gradient) * product + self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Linear."""
        return f"torch.nn.Linear({self.inputs}, {self.outputs})"
