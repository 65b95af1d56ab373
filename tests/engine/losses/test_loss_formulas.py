"""Losses match their textbook formulas, also where these overflow."""

from collections.abc import Callable

import numpy as np
import pytest

from engine.losses.build import build
from engine.memory import Array
from engine.spec import (
    GammaSpec,
    HuberSpec,
    LossSpec,
    MeanAbsoluteErrorSpec,
    MeanSquaredErrorSpec,
    OrdinalSpec,
    PoissonSpec,
    QuantileSpec,
    SigmoidCrossEntropySpec,
    SigmoidFocalSpec,
    SoftmaxCrossEntropySpec,
    SoftmaxFocalSpec,
    TweedieSpec,
)
from engine.spec.losses import DevianceLoss
from tests.support.losses import SPECS, apply, ready


def test_softmax_cross_entropy_is_minus_the_log_probability_of_the_class() -> None:
    logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    value, gradient = apply(SoftmaxCrossEntropySpec(), logits, [2, 1])
    assert value == pytest.approx(-np.log([probabilities[0, 2], probabilities[1, 1]]).mean())
    np.testing.assert_allclose(gradient, (probabilities - np.eye(3)[[2, 1]]) / 2)


def test_label_smoothing_is_cross_entropy_with_a_smoothed_target() -> None:
    logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    flatter = 0.7 * np.eye(3)[[2, 1]] + 0.3 / 3
    value, gradient = apply(SoftmaxCrossEntropySpec(label_smoothing=0.3), logits, [2, 1])
    assert value == pytest.approx(-(flatter * logs).sum(axis=1).mean())
    np.testing.assert_allclose(gradient, (np.exp(logs) - flatter) / 2)


def test_time_steps_count_like_rows() -> None:
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


def test_positive_weight_multiplies_the_loss_of_a_yes() -> None:
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


def test_mean_absolute_error_has_no_gradient_at_zero() -> None:
    value, gradient = apply(MeanAbsoluteErrorSpec(), [[1.0], [-5.0]], [[1.0], [0.0]])
    assert value == pytest.approx(2.5)
    np.testing.assert_allclose(gradient[:, 0], [0.0, -0.5])


@pytest.mark.parametrize(
    ("spec", "deviance"),
    [
        (PoissonSpec(), lambda y, m: xlogy(y, y / m) - y + m),
        (GammaSpec(), lambda y, m: y / m - 1 - np.log(y / m)),
        (TweedieSpec(power=1.2), lambda y, m: y**0.8 / (-0.2 * 0.8) + y * m**-0.2 / 0.2 + m**0.8 / 0.8),
    ],
    ids=["poisson", "gamma", "tweedie"],
)
def test_losses_of_rates_are_half_the_deviance_in_any_unit(
    spec: LossSpec, deviance: Callable[[Array, Array], Array]
) -> None:
    y, means = np.array([[2.0], [0.5], [7.0]]), np.array([[1.5], [0.7], [3.0]])
    value, _ = apply(spec, np.log(means), y)
    assert value == pytest.approx(deviance(y, means).mean())
    exact, gradient = apply(spec, np.log(y), y)
    assert (exact, np.abs(gradient).max()) == pytest.approx((0, 0), abs=1e-12)
    thousands, _ = apply(spec, np.log(means) - np.log(1_000), y / 1_000)
    assert isinstance(spec, DevianceLoss)
    assert thousands * 1_000**spec.unit_power == pytest.approx(value)


def xlogy(x: Array, y: Array) -> Array:
    return np.asarray(x * np.log(y))


def test_a_focal_loss_without_focus_is_the_cross_entropy() -> None:
    logits, y = [[1.0, 2.0], [0.0, -1.0]], [1, 1]
    for focal, plain, targets in (
        (SoftmaxFocalSpec(gamma=0), SoftmaxCrossEntropySpec(), y),
        (SigmoidFocalSpec(gamma=0), SigmoidCrossEntropySpec(), np.eye(2)),
    ):
        found, expected = apply(focal, logits, targets), apply(plain, logits, targets)
        assert found[0] == pytest.approx(expected[0])
        np.testing.assert_allclose(found[1], expected[1])


def test_a_focal_loss_weights_the_cross_entropy_by_how_bad_the_answer_is() -> None:
    p = np.exp([1.0, 2.0]) / np.exp([1.0, 2.0]).sum()
    value, _ = apply(SoftmaxFocalSpec(gamma=3), [[1.0, 2.0]], [0])
    assert value == pytest.approx(-((1 - p[0]) ** 3) * np.log(p[0]))


def test_ordinal_probabilities_are_differences_of_cumulative_ones() -> None:
    z = np.array([[0.3, 0.7, -1.0, 2.0]])
    above = 1 / (1 + np.exp(-np.array([0.4, 0.4 - softplus(-1.0), 0.4 - softplus(-1.0) - softplus(2.0)])))
    probabilities = -np.diff([1, *above, 0])
    np.testing.assert_allclose(ready(OrdinalSpec(), (4,), 1).activate(z.copy())[0], probabilities)
    for number, probability in enumerate(probabilities):
        assert apply(OrdinalSpec(), z, [number])[0] == pytest.approx(-np.log(probability))


def softplus(z: float) -> float:
    return float(np.log1p(np.exp(z)))


def test_the_best_constant_prediction_is_the_quantile() -> None:
    y = np.random.default_rng(0).exponential(size=1_001)
    spec = QuantileSpec(quantiles=(0.1, 0.5, 0.9))
    best = np.quantile(y, spec.quantiles)
    _, gradient = apply(spec, np.tile(best, (len(y), 1)), y)
    assert np.abs(gradient.sum(axis=0)).max() < 1 / len(y)
    lower, _ = apply(spec, np.tile(best, (len(y), 1)), y)
    for change in (0.9, 1.1):
        assert apply(spec, np.tile(best * change, (len(y), 1)), y)[0] > lower


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_a_weight_of_two_equals_a_repeated_row(spec: LossSpec) -> None:
    y = [1, 0] if build(spec, (2,)).is_of_classes else [[1.0, 0.5], [0.5, 1.0]]
    logits = [[0.3, -0.2], [1.5, 0.1]]
    weighted, gradient = apply(spec, logits, y, [2.0, 1.0])
    repeated, thrice = apply(spec, [logits[0], *logits], [y[0], *y])
    assert weighted == pytest.approx(repeated)
    np.testing.assert_allclose(gradient[0], thrice[0] + thrice[1])
