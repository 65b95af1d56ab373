"""Optimizers do what their published formulas say, on vectors of any size."""

from typing import Any

import numpy as np
import pytest

from engine.memory import Arena, Array, Shape
from engine.optimizers import BLOCK, optimizer
from engine.parameters import Parameters
from engine.spec import AdamSpec, AdamWSpec, SgdSpec

STEPS = 7


def sgd(p: Array, gradients: Array, spec: Any) -> Array:
    velocity = 0
    for g in gradients:
        velocity = spec.momentum * velocity + g
        p = p - spec.learning_rate * (g + spec.momentum * velocity if spec.nesterov else velocity)
    return p


def adam(p: Array, gradients: Array, spec: Any, matrices: int = 0) -> Array:
    m = v = 0
    for t, g in enumerate(gradients, start=1):
        p = p.copy()
        p[:matrices] -= spec.learning_rate * getattr(spec, "weight_decay", 0) * p[:matrices]
        m = spec.beta1 * m + (1 - spec.beta1) * g
        v = spec.beta2 * v + (1 - spec.beta2) * g**2
        corrected = m / (1 - spec.beta1**t), v / (1 - spec.beta2**t)
        p = p - spec.learning_rate * corrected[0] / (np.sqrt(corrected[1]) + spec.epsilon)
    return p


def run(spec: Any, start: Array, gradients: Array, shapes: dict[str, Shape], dtype: str = "float64") -> Array:
    arena = Arena()
    parameters = Parameters(shapes, np.dtype(dtype), arena)
    parameters.allocate_gradients(arena)
    parameters.vector[:] = start
    rule = optimizer(spec, parameters, arena)
    for count, gradient in enumerate(gradients, start=1):
        parameters.gradients[:] = gradient
        rule.step(spec.learning_rate, count)
    return parameters.vector


SPECS = {
    "sgd": SgdSpec(learning_rate=0.1),
    "momentum": SgdSpec(learning_rate=0.1, momentum=0.9),
    "nesterov": SgdSpec(learning_rate=0.1, momentum=0.9, nesterov=True),
    "adam": AdamSpec(learning_rate=0.01),
    "adam, other constants": AdamSpec(learning_rate=0.01, beta1=0.5, beta2=0.9, epsilon=1e-3),
    "adam without moments": AdamSpec(learning_rate=0.01, beta1=0.0, beta2=0.0),
    "adamw": AdamWSpec(learning_rate=0.01, weight_decay=0.3),
}


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("rows", [3, BLOCK // 2 + 5], ids=["one block", "several blocks"])
def test_each_optimizer_equals_its_formula(spec: Any, rows: int) -> None:
    rng = np.random.default_rng(0)
    shapes = {"bias": (5,), "weight": (rows, 4)}
    start = rng.standard_normal(rows * 4 + 5)
    gradients = rng.standard_normal((STEPS, start.size))
    expected = (
        sgd(start, gradients, spec) if isinstance(spec, SgdSpec) else adam(start, gradients, spec, matrices=rows * 4)
    )
    np.testing.assert_allclose(run(spec, start, gradients, shapes), expected, rtol=1e-11, atol=1e-13)


def test_float32_stays_float32_and_near_the_formula() -> None:
    rng = np.random.default_rng(1)
    start, gradients = rng.standard_normal(12), rng.standard_normal((STEPS, 12))
    found = run(AdamSpec(learning_rate=0.01), start, gradients, {"weight": (3, 4)}, "float32")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, adam(start, gradients, AdamSpec(learning_rate=0.01)), rtol=1e-5)


def test_biases_do_not_decay() -> None:
    spec = AdamWSpec(learning_rate=0.1, weight_decay=1.0)
    found = run(spec, np.ones(6), np.zeros((1, 6)), {"bias": (2,), "weight": (2, 2)})
    np.testing.assert_allclose(found, [0.9] * 4 + [1] * 2)
