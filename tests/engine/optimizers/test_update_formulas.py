"""Optimizers match their published formulas, for vectors of any size."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine.memory import Arena, Array, Shape
from engine.optimizers.build import build
from engine.optimizers.optimizer import BLOCK, Optimizer
from engine.parameters import Parameters
from engine.spec import AdagradSpec, AdamSpec, AdamWSpec, LionSpec, OptimizerSpec, RmsPropSpec, SgdSpec

STEPS = 7


def sgd(p: Array, gradients: Array, spec: Any, _: int = 0) -> Array:
    velocity = 0
    for g in gradients:
        velocity = spec.momentum * velocity + g
        p = p - spec.learning_rate * (g + spec.momentum * velocity if spec.nesterov else velocity)
    return p


def rmsprop(p: Array, gradients: Array, spec: Any, _: int = 0) -> Array:
    velocity = v = 0
    for g in gradients:
        v = spec.decay * v + (1 - spec.decay) * g**2
        velocity = spec.momentum * velocity + g / (np.sqrt(v) + spec.epsilon)
        p = p - spec.learning_rate * velocity
    return p


def adagrad(p: Array, gradients: Array, spec: Any, _: int = 0) -> Array:
    v = np.cumsum(gradients**2, axis=0)
    return p - spec.learning_rate * (gradients / (np.sqrt(v) + spec.epsilon)).sum(axis=0)


def adam(p: Array, gradients: Array, spec: Any, matrices: int = 0) -> Array:
    m = v = 0
    for t, g in enumerate(gradients, start=1):
        p = p.copy()
        p[:matrices] -= (spec.learning_rate * getattr(spec, "weight_decay", 0) * p)[:matrices]
        m = spec.beta1 * m + (1 - spec.beta1) * g
        v = spec.beta2 * v + (1 - spec.beta2) * g**2
        corrected = m / (1 - spec.beta1**t), v / (1 - spec.beta2**t)
        p = p - spec.learning_rate * corrected[0] / (np.sqrt(corrected[1]) + spec.epsilon)
    return p


def lion(p: Array, gradients: Array, spec: Any, matrices: int = 0) -> Array:
    m = np.zeros_like(p)
    for g in gradients:
        p = p.copy()
        p[:matrices] -= (spec.learning_rate * spec.weight_decay * p)[:matrices]
        p -= spec.learning_rate * np.sign(spec.beta1 * m + (1 - spec.beta1) * g)
        m = spec.beta2 * m + (1 - spec.beta2) * g
    return p


Formula = Callable[..., Array]
FORMULAS: dict[str, Formula] = {
    "sgd": sgd,
    "rmsprop": rmsprop,
    "adagrad": adagrad,
    "adam": adam,
    "adamw": adam,
    "lion": lion,
}
SPECS: dict[str, OptimizerSpec] = {
    "sgd": SgdSpec(learning_rate=0.1),
    "momentum": SgdSpec(learning_rate=0.1, momentum=0.9),
    "nesterov": SgdSpec(learning_rate=0.1, momentum=0.9, nesterov=True),
    "rmsprop": RmsPropSpec(learning_rate=0.1),
    "rmsprop with momentum": RmsPropSpec(learning_rate=0.1, decay=0.8, momentum=0.9),
    "adagrad": AdagradSpec(learning_rate=0.1),
    "adam": AdamSpec(learning_rate=0.01),
    "adam, other constants": AdamSpec(learning_rate=0.01, beta1=0.5, beta2=0.9, epsilon=1e-3),
    "adam without running means": AdamSpec(learning_rate=0.01, beta1=0.0, beta2=0.0),
    "adamw": AdamWSpec(learning_rate=0.01, weight_decay=0.3),
    "lion": LionSpec(learning_rate=0.01),
    "lion with decay": LionSpec(learning_rate=0.01, weight_decay=0.3),
}


def bound(
    spec: Any, shapes: dict[str, Shape], dtype: str = "float64", factors: Array | None = None
) -> tuple[Parameters, Optimizer]:
    arena = Arena()
    parameters = Parameters(shapes, np.dtype(dtype), arena)
    parameters.rate_factors = factors
    parameters.allocate_gradients(arena)
    optimizer = build(spec, parameters, arena)
    assert isinstance(optimizer, Optimizer)
    return parameters, optimizer


def run(  # noqa: PLR0913, PLR0917 - each has its default
    spec: Any,
    start: Array,
    gradients: Array,
    shapes: dict[str, Shape],
    dtype: str = "float64",
    factors: Array | None = None,
) -> Array:
    parameters, rule = bound(spec, shapes, dtype, factors)
    parameters.vector[:] = start
    for count, gradient in enumerate(gradients, start=1):
        parameters.gradients[:] = gradient
        rule.step(spec.learning_rate, count)
    return parameters.vector


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
@pytest.mark.parametrize("rows", [3, BLOCK // 2 + 5], ids=["one block", "several blocks"])
def test_each_optimizer_matches_its_formula(spec: Any, rows: int) -> None:
    rng = np.random.default_rng(0)
    shapes = {"bias": (5,), "weight": (rows, 4)}
    start = rng.standard_normal(rows * 4 + 5)
    gradients = rng.standard_normal((STEPS, start.size))
    expected = FORMULAS[spec.type](start, gradients, spec, rows * 4)
    np.testing.assert_allclose(run(spec, start, gradients, shapes), expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_rate_factors_change_the_learning_rate_of_each_number(spec: Any) -> None:
    rng = np.random.default_rng(2)
    shapes: dict[str, Shape] = {"bias": (5,), "weight": (BLOCK // 4 + 3, 4)}
    start = rng.standard_normal(BLOCK + 12 + 5)
    gradients = rng.standard_normal((3, start.size))
    factors = rng.choice([0.1, 1.0, 3.0], start.size)
    each = spec.model_copy(update={"learning_rate": spec.learning_rate * factors})
    expected = FORMULAS[spec.type](start, gradients, each, start.size - 5)
    found = run(spec, start, gradients, shapes, factors=factors)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_float32_updates_are_close_to_the_formula(spec: Any) -> None:
    rng = np.random.default_rng(1)
    start, gradients = rng.standard_normal(12), rng.standard_normal((STEPS, 12))
    found = run(spec, start, gradients, {"weight": (3, 4)}, "float32")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, FORMULAS[spec.type](start, gradients, spec, 12), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", [AdamWSpec, LionSpec])
def test_biases_do_not_decay(kind: Any) -> None:
    spec = kind(learning_rate=0.1, weight_decay=1.0)
    found = run(spec, np.ones(6), np.zeros((1, 6)), {"bias": (2,), "weight": (2, 2)})
    np.testing.assert_allclose(found, [0.9] * 4 + [1] * 2)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_frozen_parameters_do_not_change(spec: Any) -> None:
    parameters, rule = bound(spec, {"0.weight": (2, 2), "0.bias": (2,), "1.weight": (2, 2), "1.bias": (2,)})
    parameters.frozen = frozenset({"0.weight", "1.bias"})
    parameters.vector[:] = 1
    for count in range(1, 4):
        parameters.gradients[:] = 0.5
        rule.step(spec.learning_rate, count)
    moved = {name: bool((value != 1).all()) for name, value in parameters.values.items()}
    assert moved == {"0.weight": False, "0.bias": True, "1.weight": True, "1.bias": False}
    assert (parameters.values["0.weight"] == 1).all()
    assert (parameters.values["1.bias"] == 1).all()
