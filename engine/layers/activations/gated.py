"""Activations that multiply their input by a soft gate: SiLU and Mish."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.activations.activation import Activation
from engine.layers.activations.sigmoids import sigmoid
from engine.memory import Array, Buffers


class Silu(Activation):
    """y = x * sigmoid(x) (Elfwing et al., 2018)."""

    torch_name = "SiLU"
    cost = (5, 4)
    gate: Array

    def apply(self, x: Array) -> Array:
        """Multiply by the gate in place."""
        self.gate[:] = x
        sigmoid(self.gate)
        return np.multiply(x, self.gate, out=x)

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
