"""Losses equal their textbook formulas, also where those overflow, and have the gradients of what they return."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.losses.build import build
from engine.losses.class_weights import balanced_weights, class_weights
from engine.losses.loss import Loss
from engine.memory import Arena, Array, Shape
from engine.spec import (
    HuberSpec,
    LossSpec,
    MeanAbsoluteErrorSpec,
    MeanSquaredErrorSpec,
    MultiTargetSpec,
    PoissonSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SoftmaxCrossEntropySpec,
    TargetSpec,
)

THREE = MultiTargetSpec(
    targets=(
        TargetSpec(outputs=3, loss=SoftmaxCrossEntropySpec(label_smoothing=0.1), weight=2.0),
        TargetSpec(outputs=1, loss=HuberSpec(), weight=0.5),
        TargetSpec(outputs=2, loss=QuantileSpec(quantiles=(0.1, 0.9))),
    )
)
SPECS: dict[str, LossSpec] = {
    "softmax": SoftmaxCrossEntropySpec(),
    "smoothed softmax": SoftmaxCrossEntropySpec(label_smoothing=0.2),
    "sigmoid": SigmoidCrossEntropySpec(),
    "smoothed sigmoid": SigmoidCrossEntropySpec(label_smoothing=0.2),
    "weighted sigmoid": SigmoidCrossEntropySpec(positive_weight=3.0, label_smoothing=0.1),
    "squared": MeanSquaredErrorSpec(),
    "absolute": MeanAbsoluteErrorSpec(),
    "huber": HuberSpec(delta=0.7),
    "quantile": QuantileSpec(quantiles=(0.3,)),
    "poisson": PoissonSpec(),
}


def ready(spec: LossSpec, shape: Shape, rows: int, dtype: str = "float64") -> Loss:
    loss = build(spec, shape)
    loss.allocate(Arena(), rows + 2, np.dtype(dtype), training=True)
    loss.resize(rows)
    return loss


def apply(spec: LossSpec, logits: Any, y: Any, weights: list[float] | None = None) -> tuple[float, Array]:
    """Return (mean loss, gradient) in float64."""
    logits = np.array(logits, np.float64)
    loss = ready(spec, logits.shape[1:], len(logits))
    given_weights = np.ones(len(logits)) if weights is None else np.array(weights)
    with np.errstate(all="ignore"):
        targets = loss.as_targets(np.array(y), logits.dtype)
        value = loss(logits, targets, given_weights / given_weights.sum())
    return value, logits


def answers(spec: LossSpec, shape: Shape, rows: int, rng: np.random.Generator) -> Array:
    """Targets that suit a loss."""
    match spec.type:
        case "softmax_cross_entropy":
            return rng.integers(0, shape[-1], (rows, *shape[:-1]))
        case "sigmoid_cross_entropy":
            return rng.integers(0, 2, (rows, *shape)).astype(float)
        case "poisson":
            return rng.poisson(2.0, (rows, *shape)).astype(float)
        case "multi_target":
            return np.column_stack([rng.integers(0, 3, rows), rng.standard_normal((rows, 2))])
        case _:
            return rng.standard_normal((rows, *shape))


def differences(f: Callable[[Array], float], at: Array, step: float = 1e-5) -> Array:
    """Central differences of a function of an array."""
    found = np.empty_like(at)
    for index in np.ndindex(at.shape):
        above, below = at.copy(), at.copy()
        above[index] += step
        below[index] -= step
        found[index] = (f(above) - f(below)) / (2 * step)
    return found


def assert_gradient(spec: LossSpec, shape: Shape, rows: int, seed: int = 0) -> None:
    rng = np.random.default_rng(seed)
    loss = ready(spec, shape, rows)
    z = rng.standard_normal((rows, *shape)) * 2
    targets = loss.as_targets(answers(spec, shape, rows, rng), z.dtype)
    weights = rng.random(rows) + 0.1
    weights /= weights.sum()
    gradient = z.copy()
    loss(gradient, targets, weights)
    numeric = differences(lambda at: loss(at, targets, weights), z)
    np.testing.assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("shape", [(2,), (3, 4)], ids=["flat", "moments"])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_each_loss_has_the_gradient_of_what_it_returns(spec: LossSpec, shape: Shape) -> None:
    assert_gradient(spec, shape, rows=5)


def softplus(z: Array) -> Array:
    value: Array = np.log(1 + np.exp(z))
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
    "squared": (SPECS["squared"], lambda z, y: ((z - y) ** 2).mean(-1)),
    "poisson": (SPECS["poisson"], lambda z, y: (np.exp(z) - y * z).mean(-1)),
}


@pytest.mark.parametrize(("spec", "formula"), ANALYTIC.values(), ids=ANALYTIC)
def test_analytic_losses_agree_with_the_complex_step(spec: LossSpec, formula: Callable[[Array, Array], Array]) -> None:
    """A complex step has no cancellation: the agreement is to the last digits."""
    rng = np.random.default_rng(0)
    loss, z = ready(spec, (3,), 4), rng.standard_normal((4, 3)) * 2
    targets, gradient = loss.as_targets(answers(spec, (3,), 4, rng), z.dtype), z.copy()
    value = loss(gradient, targets, np.full(4, 0.25))
    assert value == pytest.approx(formula(z, targets).mean(), rel=1e-13)
    for index in np.ndindex(z.shape):
        step = z.astype(complex)
        step[index] += 1e-30j
        assert formula(step, targets).mean().imag / 1e-30 == pytest.approx(gradient[index], rel=1e-12, abs=1e-15)


def test_several_targets_have_the_gradient_of_their_sum() -> None:
    assert_gradient(THREE, (6,), rows=4)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    spec=st.sampled_from(list(SPECS.values())),
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    rows=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_any_shape_has_the_gradient_of_its_loss(spec: LossSpec, shape: list[int], rows: int, seed: int) -> None:
    assert_gradient(spec, tuple(shape), rows, seed)


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


def test_the_mean_over_many_rows_is_as_exact_as_over_few() -> None:
    spec, rows, rng = SPECS["softmax"], 65_536, np.random.default_rng(0)
    z, y, weights = rng.standard_normal((rows, 3), np.float32), rng.integers(0, 3, rows), np.full(rows, 1 / rows)
    found = [
        ready(spec, (3,), rows, dtype)(z.astype(dtype), y, weights.astype(dtype)) for dtype in ("float32", "float64")
    ]
    assert found[0] == pytest.approx(found[1], rel=1e-6)


def test_softmax_cross_entropy_is_minus_the_log_of_the_right_probability() -> None:
    logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    value, gradient = apply(SoftmaxCrossEntropySpec(), logits, [2, 1])
    assert value == pytest.approx(-np.log([probabilities[0, 2], probabilities[1, 1]]).mean())
    np.testing.assert_allclose(gradient, (probabilities - np.eye(3)[[2, 1]]) / 2)


def test_label_smoothing_is_the_cross_entropy_with_a_flatter_target() -> None:
    logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    flatter = 0.7 * np.eye(3)[[2, 1]] + 0.3 / 3
    value, gradient = apply(SoftmaxCrossEntropySpec(label_smoothing=0.3), logits, [2, 1])
    assert value == pytest.approx(-(flatter * logs).sum(axis=1).mean())
    np.testing.assert_allclose(gradient, (np.exp(logs) - flatter) / 2)


def test_moments_of_a_sequence_count_like_rows() -> None:
    logits = np.random.default_rng(0).standard_normal((2, 3, 4))
    y = np.array([[0, 1, 2], [3, 3, 1]])
    value, gradient = apply(SoftmaxCrossEntropySpec(), logits, y)
    flat_value, flat_gradient = apply(SoftmaxCrossEntropySpec(), logits.reshape(6, 4), y.reshape(6))
    assert value == pytest.approx(flat_value)
    np.testing.assert_allclose(gradient.reshape(6, 4), flat_gradient)


def test_softmax_cross_entropy_stays_finite_for_huge_logits() -> None:
    value, gradient = apply(SoftmaxCrossEntropySpec(), [[1e4, 0.0], [0.0, 1e4]], [1, 1])
    assert value == pytest.approx(5e3)
    np.testing.assert_allclose(gradient, [[0.5, -0.5], [0.0, 0.0]])


def test_sigmoid_cross_entropy_stays_finite_for_huge_logits() -> None:
    value, gradient = apply(SigmoidCrossEntropySpec(), [[1e4], [-1e4], [0.0]], [0.0, 0.0, 1.0])
    assert value == pytest.approx((1e4 + 0 + np.log(2)) / 3)
    np.testing.assert_allclose(gradient[:, 0], [1 / 3, 0, -0.5 / 3])


def test_a_positive_weight_multiplies_the_part_of_a_yes() -> None:
    z, y = np.array([[0.4, -1.0], [2.0, 0.3]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    p = 1 / (1 + np.exp(-z))
    value, _ = apply(SigmoidCrossEntropySpec(positive_weight=(5.0, 2.0)), z, y)
    assert value == pytest.approx((-y * np.log(p) * [5, 2] - (1 - y) * np.log(1 - p)).mean())


def test_mean_squared_error_is_a_mean_over_rows_and_outputs() -> None:
    value, gradient = apply(MeanSquaredErrorSpec(), [[1.0, 2.0], [3.0, 5.0]], [[0.0, 2.0], [3.0, 1.0]])
    assert value == pytest.approx((1 + 0 + 0 + 16) / 4)
    np.testing.assert_allclose(gradient, [[0.5, 0.0], [0.0, 2.0]])


def test_huber_is_squared_near_zero_and_absolute_far_away() -> None:
    value, gradient = apply(HuberSpec(delta=2.0), [[1.0], [-5.0]], [[0.0], [0.0]])
    assert value == pytest.approx((0.5 * 1**2 + 2 * (5 - 1)) / 2)
    np.testing.assert_allclose(gradient[:, 0], [0.5, -1.0])


def test_mean_absolute_error_has_no_pull_where_it_is_zero() -> None:
    value, gradient = apply(MeanAbsoluteErrorSpec(), [[1.0], [-5.0]], [[1.0], [0.0]])
    assert value == pytest.approx(2.5)
    np.testing.assert_allclose(gradient[:, 0], [0.0, -0.5])


def test_poisson_is_minus_the_log_likelihood_but_for_a_constant() -> None:
    value, _ = apply(PoissonSpec(), [[0.5], [1.0]], [[2.0], [0.0]])
    assert value == pytest.approx(((np.exp(0.5) - 2 * 0.5) + np.exp(1.0)) / 2)


def test_the_best_constant_for_a_quantile_is_that_quantile() -> None:
    y = np.random.default_rng(0).exponential(size=1_001)
    spec = QuantileSpec(quantiles=(0.1, 0.5, 0.9))
    best = np.quantile(y, spec.quantiles)
    _, gradient = apply(spec, np.tile(best, (len(y), 1)), y)
    assert np.abs(gradient.sum(axis=0)).max() < 1 / len(y)
    lower, _ = apply(spec, np.tile(best, (len(y), 1)), y)
    for change in (0.9, 1.1):
        assert apply(spec, np.tile(best * change, (len(y), 1)), y)[0] > lower


def test_several_targets_add_up() -> None:
    rng = np.random.default_rng(1)
    z = rng.standard_normal((4, 6))
    y = answers(THREE, (6,), 4, rng)
    value, _ = apply(THREE, z, y)
    first, huber, quantile = (target.loss for target in THREE.targets)
    expected = 2.0 * apply(first, z[:, :3], y[:, 0].astype(int))[0] + 0.5 * apply(huber, z[:, 3:4], y[:, 1])[0]
    assert value == pytest.approx(expected + apply(quantile, z[:, 4:], y[:, 2])[0])


def test_several_targets_are_activated_each_in_its_way() -> None:
    found = build(THREE, (6,)).activate(np.ones((2, 6)))
    np.testing.assert_allclose(found, [[1 / 3, 1 / 3, 1 / 3, 1, 1, 1]] * 2)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_weight_of_two_counts_like_the_row_given_twice(spec: LossSpec) -> None:
    y = [1, 0] if spec.type == "softmax_cross_entropy" else [[1.0, 0.0], [0.0, 1.0]]
    logits = [[0.3, -0.2], [1.5, 0.1]]
    weighted, gradient = apply(spec, logits, y, [2.0, 1.0])
    repeated, thrice = apply(spec, [logits[0], *logits], [y[0], *y])
    assert weighted == pytest.approx(repeated)
    np.testing.assert_allclose(gradient[0], thrice[0] + thrice[1])


@pytest.mark.parametrize(
    ("spec", "y"),
    [
        (SoftmaxCrossEntropySpec(), np.array([0, 2])),
        (SoftmaxCrossEntropySpec(), np.array([-1, 0])),
        (SoftmaxCrossEntropySpec(), np.array([0.0, 1.0])),
        (SigmoidCrossEntropySpec(), np.array([[0.0, 1.5], [1.0, 1.0]])),
        (SigmoidCrossEntropySpec(), np.array([[np.nan, 0.5], [1.0, 1.0]])),
        (MeanSquaredErrorSpec(), np.array([1.0, 2.0])),
        (MeanSquaredErrorSpec(), np.ones((2, 2, 1))),
        (PoissonSpec(), np.array([[-1.0, 2.0]])),
        (QuantileSpec(quantiles=(0.2, 0.8)), np.ones((2, 2))),
    ],
)
def test_targets_that_do_not_fit_are_refused(spec: LossSpec, y: Any) -> None:
    with pytest.raises(ValueError, match=r"must|targets"):
        build(spec, (2,)).as_targets(y, np.dtype("float64"))


@pytest.mark.parametrize("y", [np.ones((2, 2)), np.array([[0.5, 1.0, 1.0]]), np.array([[3.0, 1.0, 1.0]])])
def test_several_targets_that_do_not_fit_are_refused(y: Array) -> None:
    with pytest.raises(ValueError, match=r"must|targets"):
        build(THREE, (6,)).as_targets(y, np.dtype("float64"))


@pytest.mark.parametrize(
    "spec", [THREE, QuantileSpec(quantiles=(0.1, 0.2)), SigmoidCrossEntropySpec(positive_weight=(1.0, 2.0))]
)
def test_outputs_that_do_not_fit_are_refused(spec: LossSpec) -> None:
    with pytest.raises(ValueError, match="outputs"):
        build(spec, (3,))


def test_balanced_weights_give_every_class_the_same_sum() -> None:
    y = np.array([0, 0, 0, 1, 2, 2])
    weights = balanced_weights(y, np.ones(6))
    assert [weights[y == label].sum() for label in range(3)] == pytest.approx([2, 2, 2])


def test_given_class_weights_go_to_the_rows_of_the_class() -> None:
    np.testing.assert_array_equal(class_weights(np.array([0, 2, 1, 0]), (1.0, 2.0, 3.0)), [1, 3, 2, 1])
    np.testing.assert_array_equal(class_weights(np.array([[1.0], [0.0]]), (1.0, 2.0)), [2, 1])


@pytest.mark.parametrize("y", [np.array([0, 3]), np.ones((2, 2)), np.array([0.5, 1])], ids=["class", "labels", "half"])
def test_class_weights_that_do_not_fit_are_refused(y: Array) -> None:
    with pytest.raises(ValueError, match="class_weight"):
        class_weights(y, (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("spec", "logits", "y", "expected"),
    [
        (SoftmaxCrossEntropySpec(), [[1.0, 2.0], [3.0, 1.0]], [1, 1], {"accuracy": 0.5}),
        (SigmoidCrossEntropySpec(), [[1.0, -2.0], [3.0, 1.0]], [[1, 0], [0, 1]], {"accuracy": 0.75}),
        (MeanSquaredErrorSpec(), [[1.0], [3.0]], [1, 2], {"r2": -1.0, "mae": 0.5}),
        (PoissonSpec(), [[0.0], [np.log(3)]], [1, 2], {"r2": -1.0, "mae": 0.5}),
        (QuantileSpec(quantiles=(0.1, 0.6)), [[9.0, 1.0], [9.0, 3.0]], [1, 2], {"r2": -1.0, "mae": 0.5}),
    ],
    ids=["softmax", "sigmoid", "squared", "poisson", "quantile"],
)
def test_each_loss_is_scored_by_the_metrics_of_its_kind(
    spec: LossSpec, logits: Any, y: Any, expected: dict[str, float]
) -> None:
    z = np.array(logits)
    loss = build(spec, z.shape[1:])
    score = loss.score()
    score.add(z, loss.as_targets(np.array(y), z.dtype))
    assert score.metrics() == pytest.approx(expected)
    assert set(score.names) == set(expected)


def test_several_targets_are_scored_each_by_its_own_metrics() -> None:
    loss = build(THREE, (6,))
    score = loss.score()
    z = np.array([[1.0, 0, 0, 1, 0, 9], [1.0, 0, 0, 3, 0, 9]])
    score.add(z, loss.as_targets(np.array([[0, 1, 0], [1, 3, 2]]), z.dtype))
    assert score.metrics() == pytest.approx({"accuracy": 0.5, "r2": 0.0, "mae": 0.5})


@pytest.mark.parametrize("shape", [(6,), (4, 6)], ids=["flat", "moments"])
@pytest.mark.parametrize("spec", [*SPECS.values(), THREE], ids=[*SPECS, "several"])
def test_a_call_allocates_nothing_that_grows_with_the_batch(spec: LossSpec, shape: Shape) -> None:
    if spec is THREE and len(shape) > 1:
        shape = (6,)
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
