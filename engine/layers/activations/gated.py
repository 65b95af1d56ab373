"""Activations that multiply their input by a soft gate: SiLU and Mish."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.activations.activation import Activation
from engine.layers.activations.sigmoids import sigmoid
from engine.memory import Array, Buffers, Constants

SATURATED = 20.0  # above it, tanh(log(1 + exp(x))) is 1 in float64


class Silu(Activation):
    """y = x * sigmoid(x) (Elfwing et al., 2018)."""

    torch_name = "SiLU"
    cost = (5, 4)
    gate: Array

    def apply(self, x: Array) -> Array:
        """Multiply by the gate in place."""
        return np.multiply(x, sigmoid(x, self.gate), out=x)

    def backward(self, dy: Array) -> Array:
        """Return dx = dy * (s + y * (1 - s)) with the gate s."""
        np.subtract(1, self.gate, out=self.work)
        np.multiply(self.work, self.y, out=self.work)
        np.add(self.work, self.gate, out=self.work)
        return np.multiply(dy, self.work, out=dy)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare the gate, which backward needs."""
        wanted = super().buffers(dtype, training=training)
        wanted["gate"] = (self.output_shape, dtype)
        return wanted


class Mish(Activation):
    """y = x * t, t = tanh(log(1 + exp(x))) (Misra, 2020).

    With e = exp(x), t = n / (n + 2) for n = e (e + 2), which is accurate for all x.
    """

    torch_name = "Mish"
    cost = (7, 8)
    gate: Array
    e2: Array  # e + 2
    limit: Array

    def apply(self, x: Array) -> Array:
        """Multiply by the gate in place."""
        e2, gate, work = self.e2, self.gate, self.work
        np.minimum(x, self.limit, out=e2)
        np.exp(e2, out=gate)
        np.add(gate, 2, out=e2)
        np.multiply(gate, e2, out=gate)
        np.add(gate, 2, out=work)
        np.divide(gate, work, out=gate)
        return np.multiply(x, gate, out=x)

    def backward(self, dy: Array) -> Array:
        """Return dx = dy * (t + 2 y (1 - t) (1 - 1 / (e + 2)))."""
        slope = np.divide(2, self.e2, out=self.e2)
        np.subtract(2, slope, out=slope)
        np.multiply(slope, self.y, out=slope)
        np.subtract(1, self.gate, out=self.work)
        np.multiply(slope, self.work, out=slope)
        np.add(slope, self.gate, out=slope)
        return np.multiply(dy, slope, out=dy)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare what backward needs."""
        return super().buffers(dtype, training=training) | dict.fromkeys(("gate", "e2"), (self.output_shape, dtype))

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare the limit of exp: `np.minimum` against an array of it is faster than against a number."""
        return {"limit": (self.output_shape, dtype, SATURATED)}
