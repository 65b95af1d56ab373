"""Losses have the gradients of the values that they return."""

import tracemalloc
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.memory import Array, Shape
from engine.spec import (
    LossSpec,
    SigmoidCrossEntropySpec,
)
from tests.support.losses import SPECS, THREE, answers, assert_gradient, ready, shape_for


@pytest.mark.parametrize("shape", [(2,), (3, 4)], ids=["flat", "time steps"])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_each_loss_has_the_gradient_of_its_value(spec: LossSpec, shape: Shape) -> None:
    assert_gradient(spec, shape_for(spec, shape), rows=5)


def softplus(z: Array) -> Array:
    value: Array = np.log(1 + np.exp(z))
    return value


def log_softmax(z: Array, y: Array) -> Array:
    value: Array = np.take_along_axis(z, y[:, None], 1)[:, 0] - np.log(np.exp(z).sum(-1))
    return value


def focal(log_p: Array, gamma: float) -> Array:
    value: Array = -((1 - np.exp(log_p)) ** gamma) * log_p
    return value


ANALYTIC: dict[str, tuple[LossSpec, Callable[[Array, Array], Array]]] = {
    "softmax": (SPECS["softmax"], lambda z, y: np.log(np.exp(z).sum(-1)) - np.take_along_axis(z, y[:, None], 1)[:, 0]),
    "smoothed softmax": (
        SPECS["smoothed softmax"],
        lambda z, y: np.log(np.exp(z).sum(-1)) - 0.8 * np.take_along_axis(z, y[:, None], 1)[:, 0] - 0.2 * z.mean(-1),
    ),
    "sigmoid": (SPECS["sigmoid"], lambda z, y: (y * softplus(-z) + (1 - y) * softplus(z)).mean(-1)),
    "weighted sigmoid": (
        SigmoidCrossEntropySpec(positive_weight=(3.0,)),
        lambda z, y: (3 * y * softplus(-z) + (1 - y) * softplus(z)).mean(-1),
    ),
    "gamma": (SPECS["gamma"], lambda z, y: (y * np.exp(-z) + z - 1 - np.log(y)).mean(-1)),
    "softmax focal": (SPECS["softmax focal"], lambda z, y: focal(log_softmax(z, y), 1.5)),
    "sigmoid focal": (
        SPECS["sigmoid focal"],
        lambda z, y: focal(-(y * softplus(-z) + (1 - y) * softplus(z)), 0.5).mean(-1),
    ),
    "squared": (SPECS["squared"], lambda z, y: ((z - y) ** 2).mean(-1)),
    "poisson": (SPECS["poisson"], lambda z, y: (np.exp(z) - y * z - y + y * np.log(np.maximum(y, 1e-300))).mean(-1)),
}


@pytest.mark.parametrize(("spec", "formula"), ANALYTIC.values(), ids=ANALYTIC)
def test_analytic_losses_agree_with_the_complex_step(spec: LossSpec, formula: Callable[[Array, Array], Array]) -> None:
    """A complex step has no cancellation, so the results agree to the last digits."""
    rng = np.random.default_rng(0)
    loss, z = ready(spec, (3,), 4), rng.standard_normal((4, 3)) * 2
    targets, gradient = loss.as_targets(answers(spec, (3,), 4, rng), z.dtype), z.copy()
    value = loss(gradient, targets, np.full(4, 0.25))
    assert value == pytest.approx(formula(z, targets).mean(), rel=1e-13)
    for index in np.ndindex(z.shape):
        step = z.astype(complex)
        step[index] += 1e-30j
        assert formula(step, targets).mean().imag / 1e-30 == pytest.approx(gradient[index], rel=1e-12, abs=1e-15)


def test_the_multi_target_loss_has_the_gradient_of_its_value() -> None:
    assert_gradient(THREE, (6,), rows=4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    spec=st.sampled_from(list(SPECS.values())),
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    rows=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_losses_have_their_gradient_for_any_shape(spec: LossSpec, shape: list[int], rows: int, seed: int) -> None:
    assert_gradient(spec, shape_for(spec, tuple(shape)), rows, seed)


@pytest.mark.parametrize("spec", [*SPECS.values(), THREE], ids=[*SPECS, "several"])
def test_float32_agrees_with_float64(spec: LossSpec) -> None:
    shape = (6,)
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((5, *shape)), answers(spec, shape, 5, rng)
    found = {}
    for dtype in ("float32", "float64"):
        loss, logits = ready(spec, shape, 5, dtype), z.astype(dtype)
        weights = np.full(5, 0.2, dtype)
        found[dtype] = (loss(logits, loss.as_targets(y, logits.dtype), weights), logits)
    assert found["float32"][0] == pytest.approx(found["float64"][0], rel=1e-6)
    np.testing.assert_allclose(found["float32"][1], found["float64"][1], rtol=1e-4, atol=1e-6)


def test_the_mean_over_many_rows_is_accurate_in_float32() -> None:
    spec, rows, rng = SPECS["softmax"], 65_536, np.random.default_rng(0)
    z, y, weights = rng.standard_normal((rows, 3), np.float32), rng.integers(0, 3, rows), np.full(rows, 1 / rows)
    found = [
        ready(spec, (3,), rows, dtype)(z.astype(dtype), y, weights.astype(dtype)) for dtype in ("float32", "float64")
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-6)


@pytest.mark.parametrize("shape", [(6,), (4, 6)], ids=["flat", "time steps"])
@pytest.mark.parametrize("spec", [*SPECS.values(), THREE], ids=[*SPECS, "several"])
def test_a_call_allocates_nothing_that_grows_with_the_batch(spec: LossSpec, shape: Shape) -> None:
    shape = shape_for(spec, shape)
    peaks = []
    for rows in (8_192, 32_768):  # beyond the size of NumPy's own buffers
        rng = np.random.default_rng(0)
        loss, z = ready(spec, shape, rows, "float32"), rng.standard_normal((rows, *shape)).astype(np.float32)
        targets = loss.as_targets(answers(spec, shape, rows, rng), z.dtype)
        weights = np.full(rows, 1 / rows, np.float32)
        loss(z.copy(), targets, weights)
        logits = z.copy()
        tracemalloc.start()
        loss(logits, targets, weights)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 8_192  # bytes, for three times as many rows
