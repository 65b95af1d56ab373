"""A stack of layers on its own, and exact derivatives of what it computes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.layers.build import hidden_layers
from engine.layers.sequential import Sequential
from engine.layers.shaping import batch_shape
from engine.memory import Arena, Array, Shape
from engine.parameters import Parameters
from engine.spec import LayerSpec
from engine.streams import stream

TINY = 1e-30  # a complex step has no cancellation, so it may be as small as one likes


class LayerHarness:
    """A stack of layers on its own, in any precision, complex included, with some weights."""

    def __init__(self, specs: Sequence[LayerSpec], shape: Shape, dtype: Any = np.float64, rows: int = 3) -> None:
        self.rng = np.random.default_rng(0)
        self.dtype = np.dtype(dtype)
        self.rows = rows
        self.attach(hidden_layers(specs, shape))

    def attach(self, layers: Sequential) -> None:
        """Give a stack weights and working memory."""
        self.stack = layers
        self.parameters = Parameters(layers.parameter_shapes(), self.dtype, Arena(), layers.statistic_shapes())
        self.parameters.learned[:] = self.rng.standard_normal(self.parameters.size) * 0.5
        layers.bind(self.parameters.values, self.parameters.allocate_gradients(Arena()))
        layers.allocate(Arena(), self.rows, self.dtype, training=True)
        layers.resize(self.rows)

    def numbers(self, *shape: int) -> Array:
        """Some numbers in the probe's precision."""
        return self.rng.standard_normal(shape).astype(self.dtype)

    def inputs(self) -> Array:
        """A batch that the stack takes."""
        return self.numbers(*batch_shape(self.stack.input_shape, self.rows))

    def outputs(self) -> Array:
        """A batch of the shape that it makes."""
        return self.numbers(*batch_shape(self.stack.output_shape, self.rows))

    def run(self, x: Array) -> Array:
        """Return the outputs, in training."""
        return self.stack.forward(x, stream(0, "dropout")).copy()

    def gradient(self, x: Array, dy: Array) -> tuple[Array, Array]:
        """Return dx, and the gradient of all parameters."""
        self.run(x)
        dx = self.stack.backward(dy.copy())
        return dx.copy(), self.parameters.gradients.copy()


def derivatives(harness: LayerHarness, x: Array, dy: Array, of: Array) -> Array:
    """Return the derivatives of sum(y dy) in each number of `of`, by complex steps."""
    found = []
    for index in np.ndindex(of.shape):
        of[index] += TINY * 1j
        found.append((harness.run(x) * dy).sum().imag / TINY)
        of[index] = of[index].real
    return np.array(found).reshape(of.shape)


def assert_exact(found: Array, expected: Array) -> None:
    """Compare to the last digits."""
    np.testing.assert_allclose(found.real, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max(initial=0))


def assert_derivatives(harness: LayerHarness) -> None:
    """Compare all derivatives with complex steps."""
    x, dy = harness.inputs(), harness.outputs()
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.learned))
    assert_exact(dx, derivatives(harness, x, dy, x))
