"""GELU: the input times the normal distribution function of it."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Array, Buffers, Constants, Shape

GELU_SLOPE = math.sqrt(2 / math.pi)
GELU_CUBE = 0.044715  # Hendrycks and Gimpel, 2016, section 2
DENSITY_AT_0 = 1 / math.sqrt(2 * math.pi)  # of the normal distribution


class TailFit(NamedTuple):
    """A rational function: the upper tail of the normal distribution at z > 0, divided by exp(-z^2 / 2).

    Coefficients are those of a minimax fit, highest power first.
    """

    numerator: tuple[float, ...]
    denominator: tuple[float, ...]


SHORT_FIT = TailFit(  # within 1e-7: about the rounding of float32
    (0.4051464366744803, 2.1350510519117902, 4.8769358501843705),
    (1.0, 5.548749066244891, 12.052684808897343, 9.753869914932146),
)
LONG_FIT = TailFit(  # within 5e-10
    (0.39780700326728674, 3.423661723105244, 11.722499300279347, 19.478145236852363),
    (1.0, 8.52780317876779, 30.875978496843206, 54.52761788941013, 38.95629050739093),
)


class Gelu(Layer):
    """y = x * (1 + t) / 2, t = tanh(c (x + 0.044715 x^3)), c = sqrt(2 / pi).

    The tanh approximation (PyTorch's approximate="tanh") is within 5e-4 of the exact form and takes less time.
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


class ExactGelu(Layer):
    """y = x * Phi(x) with the distribution function Phi of the normal distribution (Hendrycks and Gimpel, 2016).

    With z = |x| and the upper tail q = 1 - Phi(z), y = max(x, 0) - z q for both signs. The tail is exp(-z^2 / 2) times
    a rational function of z. So Phi and y are within 1e-7 in float32 and within 5e-10 in float64.
    """

    y: Array
    z: Array
    gaussian: Array  # exp(-z^2 / 2)
    tail: Array
    work: Array
    zeros: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Compute in a buffer of its own. `x` must not change until backward."""
        self.x = x
        z = np.abs(x, out=self.z)
        gaussian = np.multiply(z, z, out=self.gaussian)
        np.multiply(gaussian, -0.5, out=gaussian)
        np.exp(gaussian, out=gaussian)
        fit = tail_fit(x.dtype)
        tail = _polynomial(z, fit.numerator, self.tail)
        np.divide(tail, _polynomial(z, fit.denominator, self.work), out=tail)
        np.multiply(tail, gaussian, out=tail)
        np.maximum(x, self.zeros, out=self.y)
        np.multiply(z, tail, out=self.work)
        return np.subtract(self.y, self.work, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Return dx = dy * (Phi(x) + x phi(x)) = dy * (1/2 + sign(x) (1/2 + z phi(z) - q))."""
        slope = np.multiply(self.gaussian, self.z, out=self.work)
        np.multiply(slope, DENSITY_AT_0, out=slope)
        np.subtract(slope, self.tail, out=slope)
        np.add(slope, 0.5, out=slope)
        np.copysign(slope, self.x, out=slope)
        np.add(slope, 0.5, out=slope)
        return np.multiply(dy, slope, out=dy)

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the same in both
        """Declare the output and four intermediate values."""
        return dict.fromkeys(("y", "z", "gaussian", "tail", "work"), (self.output_shape, dtype))

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare zeros: `np.maximum` against an array of them is faster than against 0."""
        return {"zeros": (self.output_shape, dtype, 0)}

    def flops(self) -> tuple[int, int]:
        """18 functions forward, seven backward."""
        return 18 * self.outputs, 7 * self.outputs

    def torch_code(self) -> str:
        """Return the expression for PyTorch's default form."""
        return "torch.nn.GELU()"


def tail_fit(dtype: np.dtype[Any]) -> TailFit:
    """Return the fit for a precision."""
    return SHORT_FIT if dtype == np.float32 else LONG_FIT


def _polynomial(z: Array, coefficients: tuple[float, ...], out: Array) -> Array:
    """Write the polynomial with these coefficients, highest power first, to `out` (Horner's rule)."""
    np.multiply(z, coefficients[0], out=out)
    for coefficient in coefficients[1:-1]:
        np.add(out, coefficient, out=out)
        np.multiply(out, z, out=out)
    return np.add(out, coefficients[-1], out=out)
