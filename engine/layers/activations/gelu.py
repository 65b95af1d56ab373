"""GELU: the input times the normal distribution function of it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Array, Buffers, Shape

GELU_SLOPE = math.sqrt(2 / math.pi)
GELU_CUBE = 0.044715  # Hendrycks and Gimpel, 2016, section 2


class Gelu(Layer):
    """y = x * (1 + t) / 2, t = tanh(c (x + 0.044715 x^3)), c = sqrt(2 / pi).

    The tanh approximation (PyTorch's approximate="tanh") is within 5e-4 of the exact form: NumPy has no erf.
    """

    y: Array
    t: Array
    work: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Compute in a buffer of its own. `x` must not change until backward."""
        self.x = x
        t = np.multiply(x, x, out=self.t)
        np.multiply(t, GELU_CUBE, out=t)
        np.add(t, 1, out=t)
        np.multiply(t, x, out=t)
        np.multiply(t, GELU_SLOPE, out=t)
        np.tanh(t, out=t)
        np.add(t, 1, out=self.y)
        np.multiply(self.y, x, out=self.y)
        return np.multiply(self.y, 0.5, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Return dx = dy/2 * (1 + t + x * (1 - t^2) * c * (1 + 3 * 0.044715 x^2))."""
        slope = np.multiply(self.x, self.x, out=self.work)
        np.multiply(slope, 3 * GELU_CUBE, out=slope)
        np.add(slope, 1, out=slope)
        np.multiply(slope, GELU_SLOPE, out=slope)
        np.multiply(slope, self.x, out=slope)
        np.multiply(dy, 0.5, out=dy)
        gate = np.multiply(self.t, self.t, out=self.y)  # the output has been used by now
        np.subtract(1, gate, out=gate)
        np.multiply(slope, gate, out=slope)
        np.add(slope, self.t, out=slope)
        np.add(slope, 1, out=slope)
        return np.multiply(dy, slope, out=dy)

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output and the tanh, and for training working memory."""
        names = ("y", "t", "work") if training else ("y", "t")
        return dict.fromkeys(names, (self.output_shape, dtype))

    def flops(self) -> tuple[int, int]:
        """Nine functions forward, twelve backward."""
        return 9 * self.outputs, 12 * self.outputs

    def torch_code(self) -> str:
        """Return the expression for the same approximation."""
        return 'torch.nn.GELU(approximate="tanh")'
