"""Losses equal their textbook formulas, also where those overflow."""

from typing import Any

import numpy as np
import pytest

from engine.losses import LOSSES, Loss, MeanSquaredError, SigmoidCrossEntropy, SoftmaxCrossEntropy, balanced_weights
from engine.memory import Arena, Array
from engine.spec import LossName


def apply(kind: type[Loss], logits: Any, y: Any, weights: list[float] | None = None) -> tuple[float, Array]:
    """Return (mean loss, gradient) in float64."""
    logits = np.array(logits, np.float64)
    loss = kind(logits.shape[1])
    loss.allocate(Arena(), len(logits), logits.dtype, training=True)
    loss.resize(len(logits))
    given = np.ones(len(logits)) if weights is None else np.array(weights)
    with np.errstate(all="ignore"):
        value = loss(logits, loss.as_targets(np.array(y), logits.dtype), given / given.sum())
    return value, logits


def test_softmax_cross_entropy_is_minus_the_log_of_the_right_probability() -> None:
    logits = np.array([[1.0, 2.0, 0.5], [0.0, -1.0, 3.0]])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    value, gradient = apply(SoftmaxCrossEntropy, logits, [2, 1])
    assert value == pytest.approx(-np.log([probabilities[0, 2], probabilities[1, 1]]).mean())
    np.testing.assert_allclose(gradient, (probabilities - np.eye(3)[[2, 1]]) / 2)


def test_softmax_cross_entropy_stays_finite_for_huge_logits() -> None:
    value, gradient = apply(SoftmaxCrossEntropy, [[1e4, 0.0], [0.0, 1e4]], [1, 1])
    assert value == pytest.approx(5e3)
    np.testing.assert_allclose(gradient, [[0.5, -0.5], [0.0, 0.0]])


def test_sigmoid_cross_entropy_stays_finite_for_huge_logits() -> None:
    value, gradient = apply(SigmoidCrossEntropy, [[1e4], [-1e4], [0.0]], [0.0, 0.0, 1.0])
    assert value == pytest.approx((1e4 + 0 + np.log(2)) / 3)
    np.testing.assert_allclose(gradient[:, 0], [1 / 3, 0, -0.5 / 3])


def test_mean_squared_error_is_a_mean_over_rows_and_outputs() -> None:
    value, gradient = apply(MeanSquaredError, [[1.0, 2.0], [3.0, 5.0]], [[0.0, 2.0], [3.0, 1.0]])
    assert value == pytest.approx((1 + 0 + 0 + 16) / 4)
    np.testing.assert_allclose(gradient, [[0.5, 0.0], [0.0, 2.0]])


@pytest.mark.parametrize("name", LOSSES)
def test_a_weight_of_two_counts_like_the_row_given_twice(name: LossName) -> None:
    y = [1, 0] if name == "softmax_cross_entropy" else [[1.0, 0.0], [0.0, 1.0]]
    logits = [[0.3, -0.2], [1.5, 0.1]]
    weighted, gradient = apply(LOSSES[name], logits, y, [2.0, 1.0])
    repeated, thrice = apply(LOSSES[name], [logits[0], *logits], [y[0], *y])
    assert weighted == pytest.approx(repeated)
    np.testing.assert_allclose(gradient[0], thrice[0] + thrice[1])


@pytest.mark.parametrize(
    ("name", "y"),
    [
        ("softmax_cross_entropy", np.array([0, 2])),
        ("softmax_cross_entropy", np.array([-1, 0])),
        ("softmax_cross_entropy", np.array([0.0, 1.0])),
        ("sigmoid_cross_entropy", np.array([[0.0, 1.5], [1.0, 1.0]])),
        ("sigmoid_cross_entropy", np.array([[np.nan, 0.5], [1.0, 1.0]])),
        ("mean_squared_error", np.array([1.0, 2.0])),
    ],
)
def test_targets_that_do_not_fit_are_refused(name: LossName, y: Any) -> None:
    with pytest.raises(ValueError, match=r"must|targets"):
        LOSSES[name](2).as_targets(y, np.dtype("float64"))


def test_balanced_weights_give_every_class_the_same_sum() -> None:
    y = np.array([0, 0, 0, 1, 2, 2])
    weights = balanced_weights(y)
    assert [weights[y == label].sum() for label in range(3)] == pytest.approx([2, 2, 2])
