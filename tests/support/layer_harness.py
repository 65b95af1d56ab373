"""Layers without a network, and exact derivatives of their results."""

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

TINY = 1e-30  # a complex step has no cancellation, so it can be arbitrarily small


class LayerHarness:
    """Layers with random weights and memory, in any precision, including complex."""

    def __init__(self, specs: Sequence[LayerSpec], shape: Shape, dtype: Any = np.float64, rows: int = 3) -> None:
        self.rng = np.random.default_rng(0)
        self.dtype = np.dtype(dtype)
        self.rows = rows
        self.attach(hidden_layers(specs, shape))

    def attach(self, layers: Sequential) -> None:
        """Give layers weights and working memory."""
        self.layers = layers
        self.parameters = Parameters(layers.parameter_shapes(), self.dtype, Arena(), layers.statistic_shapes())
        self.parameters.learned[:] = self.rng.standard_normal(self.parameters.size) * 0.5
        layers.bind(self.parameters.values, self.parameters.allocate_gradients(Arena()))
        layers.allocate(Arena(), self.rows, self.dtype, training=True)
        layers.resize(self.rows)

    def numbers(self, *shape: int) -> Array:
        """Return random numbers in the precision of the harness."""
        return self.rng.standard_normal(shape).astype(self.dtype)

    def inputs(self) -> Array:
        """Return a batch of inputs."""
        return self.numbers(*batch_shape(self.layers.input_shape, self.rows))

    def outputs(self) -> Array:
        """Return a batch with the shape of the outputs."""
        return self.numbers(*batch_shape(self.layers.output_shape, self.rows))

    def run(self, x: Array) -> Array:
        """Return the outputs in training."""
        return self.layers.forward(x, stream(0, "dropout")).copy()

    def gradient(self, x: Array, dy: Array) -> tuple[Array, Array]:
        """Return dx and the gradient of all parameters."""
        self.run(x)
        dx = self.layers.backward(dy.copy())
        return dx.copy(), self.parameters.gradients.copy()


def derivatives(harness: LayerHarness, x: Array, dy: Array, of: Array) -> Array:
    """Return the derivatives of sum(y dy) with respect to each number of `of`, by complex steps."""
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
