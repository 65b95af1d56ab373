"""Dropout: set a random fraction of the inputs to zero while training."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Array, Buffers, Shape
from engine.spec import DropoutSpec


class Dropout(Layer):
    """Inverted dropout (Srivastava et al., 2014): inputs that remain are scaled by 1 / (1 - rate) while training."""

    torch_name = "Dropout"
    returns_input = True  # at inference
    y: Array
    mask: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Draw a mask from the stream and apply it; return `x` itself in inference mode."""
        self.drops = dropout is not None
        if dropout is None:
            return x
        dropout.random(dtype=self.mask.dtype, out=self.mask)
        np.greater_equal(self.mask, self.rate, out=self.mask)
        np.multiply(self.mask, self.scale, out=self.mask)
        return np.multiply(x, self.mask, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Apply the same mask to the gradient."""
        return np.multiply(dy, self.mask, out=dy) if self.drops else dy

    def __init__(self, spec: DropoutSpec, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)
        self.rate = spec.rate
        self.scale = 1 / (1 - spec.rate)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output and the scaled mask, for training only."""
        return dict.fromkeys(("y", "mask"), (self.output_shape, dtype)) if training else {}

    def flops(self) -> tuple[int, int]:
        """Draw, compare, scale and apply forward; apply backward."""
        return 4 * self.outputs, self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Dropout."""
        return f"torch.nn.Dropout(p={self.rate!r})"
