"""Activations that compute their derivative from their own output, so they work in place."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Array, Buffers, Shape


class Activation(Layer):
    """An elementwise function that overwrites its input."""

    overwrites_input = True
    keeps_output = True
    cost = (1, 2)  # operations per number, forward and backward
    asymptotes: tuple[float, ...] = ()  # outputs, low to high, near which the slope is close to zero
    near: float = 0.01  # how close that is
    y: Array  # the output, which is the input's memory unless that is to be spared
    own: Array
    work: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Apply the function in place, or to a copy if the input must be preserved."""
        if not self.overwrites_input:
            np.copyto(self.own, x)
            x = self.own
        self.y = x
        return self.apply(x)

    @abstractmethod
    def apply(self, x: Array) -> Array:
        """Overwrite `x` with the function of it."""

    def is_flat(self) -> Array:
        """Return which of the latest outputs `y` are where the slope is close to zero."""
        flat: Array = self.y <= self.asymptotes[0] + self.near
        return flat | (self.y >= self.asymptotes[-1] - self.near) if len(self.asymptotes) > 1 else flat

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - subclasses differ in training
        """Declare memory for intermediate values, and for the output if the input must be preserved."""
        names = ("work",) if self.overwrites_input else ("work", "own")
        return dict.fromkeys(names, (self.output_shape, dtype))

    def flops(self) -> tuple[int, int]:
        """Return operations per row from the class's cost per number."""
        return self.cost[0] * self.outputs, self.cost[1] * self.outputs


class Linear(Layer):
    """y = x."""

    torch_name = "Identity"
    returns_input = True

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Return `x`."""
        return x

    def backward(self, dy: Array) -> Array:
        """Return `dy`."""
        return dy

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - see below
        """Declare nothing."""
        return {}

    def flops(self) -> tuple[int, int]:
        """Nothing is computed."""
        return 0, 0
