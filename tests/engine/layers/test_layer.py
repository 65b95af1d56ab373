"""The example layer in the documentation of the interface works."""

import textwrap
from typing import Any

import numpy as np

import engine.layers.layer as query_plan
from engine.layers.layer import Layer
from engine.layers.layer_id import NETWORK
from engine.layers.sequential import Sequential
from tests.support.layer_harness import LayerHarness, assert_exact, derivatives


def test_the_documented_layer_has_the_right_gradients() -> None:
    assert query_plan.__doc__
    names: dict[str, Any] = {"np": np, "Layer": Layer}
    exec(textwrap.dedent(query_plan.__doc__[query_plan.__doc__.index("    class Scale") :]), names)
    harness = LayerHarness([], (3,), complex, rows=4)
    harness.attach(Sequential([names["Scale"]((3,), (3,), NETWORK)], (3,), NETWORK))
    x, dy = harness.inputs(), harness.outputs()
    dx, gradient = harness.gradient(x, dy)
    assert_exact(gradient, derivatives(harness, x, dy, harness.parameters.vector))
    assert_exact(dx, derivatives(harness, x, dy, x))
    assert harness.parameters.size == 3
