"""Layers that read the same numbers in another shape: reshape, flatten."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.layers.layer import Layer, ShapeRefused
from engine.memory import Array, Shape


class Reshape(Layer):
    """y = x in another shape, in the order in which the numbers lie: no number moves."""

    returns_input = True

    def __init__(self, input_shape: Shape, output_shape: Shape, label: str) -> None:
        super().__init__(input_shape, output_shape, label)
        if self.inputs != self.outputs:
            raise ShapeRefused(
                label, f"{self.inputs} numbers of shape {list(input_shape)} do not fill {list(output_shape)}"
            )

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - see below
        """None: the result is a view."""
        return {}

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Return a view."""
        return x.reshape(len(x), *self.output_shape)

    def backward(self, dy: Array) -> Array:
        """Return a view."""
        return dy.reshape(len(dy), *self.input_shape)

    def flops(self) -> tuple[int, int]:
        """Nothing is computed."""
        return 0, 0

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Flatten or torch.nn.Unflatten."""
        if len(self.input_shape) == 1:
            return f"torch.nn.Unflatten(1, {self.output_shape})"
        if len(self.output_shape) == 1:
            return "torch.nn.Flatten()"
        return f"torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Unflatten(1, {self.output_shape}))"


def flatten(input_shape: Shape, label: str) -> Reshape:
    """Return the layer that makes one flat row of any shape."""
    return Reshape(input_shape, (math.prod(input_shape),), label)
