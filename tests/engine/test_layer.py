"""The layer that is shown to explain what a layer is, is one."""

import textwrap
from typing import Any

import numpy as np

import engine.layers.layer as explained
from engine.layers.layer import Layer
from engine.layers.stack import Stack
from tests.engine.probe import Probe, assert_exact, derivatives


def test_the_example_is_a_layer_with_the_right_gradients() -> None:
    assert explained.__doc__
    names: dict[str, Any] = {"np": np, "Layer": Layer}
    exec(textwrap.dedent(explained.__doc__[explained.__doc__.index("    class Scale") :]), names)
    probe = Probe([], (3,), complex, rows=4)
    probe.attach(Stack([names["Scale"]((3,), (3,), "scale")], (3,)))
    x, dy = probe.inputs(), probe.outputs()
    dx, gradient = probe.gradient(x, dy)
    assert_exact(gradient, derivatives(probe, x, dy, probe.parameters.vector))
    assert_exact(dx, derivatives(probe, x, dy, x))
    assert probe.parameters.size == 3
