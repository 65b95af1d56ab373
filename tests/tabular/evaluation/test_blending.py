"""Bags are blended by the loss of their weighted mean on held-out rows."""

import numpy as np
import pytest

from engine.spec import LossName
from tabular.evaluation.blending import blended_loss, blending_weights
from tabular.preprocessing.column_target import ColumnTarget
from tabular.preprocessing.target import TargetEncoder

RNG = np.random.default_rng(0)
CLASSES = TargetEncoder.of(ColumnTarget(column="kind", task="classification", classes=("a", "b")))


def number(loss: LossName) -> TargetEncoder:
    return TargetEncoder.of(ColumnTarget(column="x", task="regression", mean=10.0, stddev=2.0, loss=loss))


def test_the_better_bag_counts_more_and_a_useless_one_nothing() -> None:
    truth = RNG.integers(0, 2, (500, 1)).astype(np.float64)
    good = np.where(truth == 1, 0.8, 0.2)
    noise = RNG.random((500, 1))
    assert blending_weights(CLASSES, truth, [good, noise])[0] >= 0.75
    assert blending_weights(CLASSES, truth, [1 - good, good]) == (0.0, 1.0)
    assert blending_weights(CLASSES, truth, [good]) == (1.0,)


def test_errors_that_cancel_each_other_are_averaged() -> None:
    errors = RNG.standard_normal((400, 1))
    truth = 10.0 + np.zeros((400, 1))
    assert blending_weights(number("mean_squared_error"), truth, [errors, -errors]) == (0.5, 0.5)
    three = blending_weights(number("mean_squared_error"), truth, [errors, -errors, errors * 3])
    assert three == (0.5, 0.5, 0.0)


def test_rows_that_do_not_count_do_not_decide() -> None:
    truth = RNG.integers(0, 2, (300, 1)).astype(np.float64)
    outputs = [np.full((300, 1), 0.9), np.full((300, 1), 0.1)]
    for one in (0.0, 1.0):
        weights = np.where(truth[:, 0] == one, 1.0, 1e-9)
        assert blending_weights(CLASSES, truth, outputs, weights) == ((1.0, 0.0) if one else (0.0, 1.0))


@pytest.mark.parametrize("loss", ["mean_absolute_error", "poisson", "gamma", "tweedie"])
def test_every_loss_is_smallest_at_the_truth(loss: LossName) -> None:
    target, truth = number(loss), RNG.uniform(1, 5, (200, 1))
    right = (truth - (target.columns[0].mean if loss == "mean_absolute_error" else 10.0)) / 2.0
    losses = [blended_loss(target, truth, [right + shift], [1.0]) for shift in (-0.1, 0.0, 0.1)]
    assert np.argmin(losses) == 1
