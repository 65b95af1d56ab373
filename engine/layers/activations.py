"""Activations whose derivative is a function of their own output, so they work in place."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Array, Buffers, Constants, Shape

LEAK = 0.01  # slope of leaky_relu left of zero, PyTorch's default


class Activation(Layer):
    """A function of each number by itself, written over its input."""

    overwrites_input = True
    keeps_output = True
    cost = (1, 2)  # operations per number, forward and backward
    asymptotes: tuple[float, ...] = ()  # outputs, low to high, near which the slope is close to zero
    near: float = 0.01  # how close that is
    y: Array  # the output, which is the input's memory unless that is to be spared
    own: Array
    work: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Apply the function in place, or to a copy."""
        if not self.overwrites_input:
            np.copyto(self.own, x)
            x = self.own
        self.y = x
        return self.apply(x)

    @abstractmethod
    def apply(self, x: Array) -> Array:
        """Write the function of `x` over it."""

    def is_flat(self) -> Array:
        """Say which of the latest outputs `y` lie where the slope is close to zero."""
        flat: Array = self.y <= self.asymptotes[0] + self.near
        return flat | (self.y >= self.asymptotes[-1] - self.near) if len(self.asymptotes) > 1 else flat

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - subclasses differ in training
        """Room for intermediate values, and for the output if the input is to be spared."""
        names = ("work",) if self.overwrites_input else ("work", "own")
        return dict.fromkeys(names, (self.output_shape, dtype))

    def flops(self) -> tuple[int, int]:
        """Return operations per row by the class's cost per number."""
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
        """None: nothing is computed."""
        return {}

    def flops(self) -> tuple[int, int]:
        """Nothing is computed."""
        return 0, 0


class Rectifier(Activation):
    """A function with a bend at zero, which needs zeros and some more room."""

    zeros: Array
    room: Array

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Zeros to compare with: against an array of them maximum is five times as fast as against 0."""
        wanted = super().buffers(dtype, training=training)
        return wanted | {"room": (self.output_shape, dtype)}

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Zeros: `maximum` against an array of them is five times as fast as against 0."""
        return {"zeros": (self.output_shape, dtype, 0)}


class Relu(Rectifier):
    """y = max(x, 0)."""

    torch_name = "ReLU"
    asymptotes = (0.0,)
    near = 0.0

    def apply(self, x: Array) -> Array:
        """Rectify in place."""
        return np.maximum(x, self.zeros, out=x)

    def backward(self, dy: Array) -> Array:
        """Dx = dy where y > 0, else 0."""
        np.greater(self.y, self.zeros, self.work)
        return np.multiply(dy, self.work, dy)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Zeros, and where the output is positive."""
        wanted = super().buffers(dtype, training=training)
        del wanted["work"], wanted["room"]
        return wanted | ({"work": (self.output_shape, np.bool_)} if training else {})


class LeakyRelu(Activation):
    """y = x for x > 0, else LEAK * x."""

    torch_name = "LeakyReLU"
    cost = (2, 4)

    def apply(self, x: Array) -> Array:
        """Take the larger of x and LEAK * x."""
        np.multiply(x, LEAK, out=self.work)
        return np.maximum(x, self.work, out=x)

    def backward(self, dy: Array) -> Array:
        """Dx = dy * (LEAK + (1 - LEAK) [y > 0])."""
        np.greater(self.y, 0, out=self.work)
        np.multiply(self.work, 1 - LEAK, out=self.work)
        np.add(self.work, LEAK, out=self.work)
        return np.multiply(dy, self.work, out=dy)


class Elu(Rectifier):
    """y = x for x > 0, else exp(x) - 1 (Clevert et al., 2016, alpha 1)."""

    torch_name = "ELU"
    asymptotes = (-1.0,)
    cost = (8, 3)

    def apply(self, x: Array) -> Array:
        """Add the two halves, of which one is always zero."""
        np.minimum(x, self.zeros, out=self.work)
        expm1(self.work, self.room)
        np.maximum(x, self.zeros, out=x)
        return np.add(x, self.work, out=x)

    def backward(self, dy: Array) -> Array:
        """Dx = dy * (1 + min(y, 0)), because exp(x) = y + 1 left of zero."""
        np.minimum(self.y, self.zeros, out=self.work)
        np.add(self.work, 1, out=self.work)
        return np.multiply(dy, self.work, out=dy)


class Tanh(Activation):
    """y = tanh(x)."""

    torch_name = "Tanh"
    asymptotes = (-1.0, 1.0)
    cost = (1, 3)

    def apply(self, x: Array) -> Array:
        """Squash in place."""
        return np.tanh(x, out=x)

    def backward(self, dy: Array) -> Array:
        """Dx = dy * (1 - y * y)."""
        np.multiply(self.y, self.y, out=self.work)
        np.subtract(1, self.work, out=self.work)
        return np.multiply(dy, self.work, out=dy)


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x))."""

    torch_name = "Sigmoid"
    asymptotes = (0.0, 1.0)
    cost = (4, 3)

    def apply(self, x: Array) -> Array:
        """Squash in place; exp may overflow, whose reciprocal is the right zero."""
        return sigmoid(x)

    def backward(self, dy: Array) -> Array:
        """Dx = dy * y * (1 - y)."""
        np.subtract(1, self.y, out=self.work)
        np.multiply(self.work, self.y, out=self.work)
        return np.multiply(dy, self.work, out=dy)


class Softplus(Rectifier):
    """y = log(1 + exp(x))."""

    torch_name = "Softplus"
    asymptotes = (0.0,)
    cost = (6, 8)

    def apply(self, x: Array) -> Array:
        """Compute max(x, 0) + log1p(exp(-|x|)), which cannot overflow."""
        np.abs(x, out=self.work)
        np.negative(self.work, out=self.work)
        np.exp(self.work, out=self.work)
        np.log1p(self.work, out=self.work)
        np.maximum(x, self.zeros, out=x)
        return np.add(x, self.work, out=x)

    def backward(self, dy: Array) -> Array:
        """Dx = dy * sigmoid(x) = dy * (1 - exp(-y))."""
        np.negative(self.y, out=self.work)
        expm1(self.work, self.room)
        np.multiply(dy, self.work, out=dy)
        return np.negative(dy, out=dy)


def sigmoid(x: Array) -> Array:
    """Write 1 / (1 + exp(-x)) over x."""
    np.negative(x, out=x)
    np.exp(x, out=x)
    np.add(x, 1, out=x)
    return np.divide(1, x, out=x)  # faster than np.reciprocal


def expm1(x: Array, room: Array) -> Array:
    """Write exp(x) - 1 over x <= 0, by way of `room`: 2 t / (1 - t) with t = tanh(x / 2).

    As exact as np.expm1 to a few units in the last place, and three times as fast.
    """
    np.multiply(x, 0.5, out=x)
    np.tanh(x, out=x)
    np.subtract(1, x, out=room)
    np.divide(x, room, out=x)
    return np.multiply(x, 2, out=x)
