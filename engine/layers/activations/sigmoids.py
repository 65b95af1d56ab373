"""Activations in the shape of an S: tanh and the logistic sigmoid."""

from __future__ import annotations

import numpy as np

from engine.layers.activations.activation import Activation
from engine.memory import Array


class Tanh(Activation):
    """y = tanh(x)."""

    torch_name = "Tanh"
    asymptotes = (-1.0, 1.0)
    cost = (1, 3)

    def apply(self, x: Array) -> Array:
        """Compute tanh in place."""
        return np.tanh(x, out=x)

    def backward(self, dy: Array) -> Array:
        """Return dx = dy * (1 - y * y)."""
        np.multiply(self.y, self.y, out=self.work)
        np.subtract(1, self.work, out=self.work)
        return np.multiply(dy, self.work, out=dy)


class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x))."""

    torch_name = "Sigmoid"
    asymptotes = (0.0, 1.0)
    cost = (4, 3)

    def apply(self, x: Array) -> Array:
        """Compute the sigmoid in place. If exp overflows, its reciprocal is 0, which is correct."""
        return sigmoid(x)

    def backward(self, dy: Array) -> Array:
        """Return dx = dy * y * (1 - y)."""
        np.subtract(1, self.y, out=self.work)
        np.multiply(self.work, self.y, out=self.work)
        return np.multiply(dy, self.work, out=dy)


def sigmoid(x: Array, out: Array | None = None) -> Array:
    """Write 1 / (1 + exp(-x)) to `out`, or over x."""
    y = np.negative(x, out=x if out is None else out)
    np.exp(y, out=y)
    np.add(y, 1, out=y)
    return np.divide(1, y, out=y)  # faster than np.reciprocal
