"""Metrics sum over blocks of rows, and have a direction of improvement."""

import numpy as np
import pytest

from engine.metrics import Accuracy, BinaryAccuracy, MedianScore, RateScore, RegressionScore, is_better


def test_metrics_do_not_depend_on_the_blocks() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.standard_normal((10, 2)), rng.standard_normal((10, 2))
    whole, parts = RegressionScore(), RegressionScore()
    whole.add(z, y)
    for part in (slice(0, 3), slice(3, 4), slice(4, 10)):
        parts.add(z[part], y[part])
    assert parts.metrics() == pytest.approx(whole.metrics())
    r2 = 1 - ((z - y) ** 2).sum(axis=0) / ((y - y.mean(axis=0)) ** 2).sum(axis=0)
    assert whole.metrics() == pytest.approx({"r2": r2.mean(), "mae": np.abs(z - y).mean()})


@pytest.mark.parametrize(("prediction", "r2"), [(2.0, 1.0), (2.5, 0.0)])
def test_r2_of_a_constant_target_is_one_only_if_exact(prediction: float, r2: float) -> None:
    score = RegressionScore()
    score.add(np.full((3, 1), prediction), np.full((3, 1), 2.0))
    assert score.metrics()["r2"] == r2


def test_accuracies_count_correct_answers() -> None:
    classes, labels = Accuracy(), BinaryAccuracy()
    classes.add(np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), np.array([1, 1, 1]))
    labels.add(np.array([[1.0, -1.0], [1.0, 1.0]]), np.array([[1, 0], [0, 1]]))
    assert classes.metrics()["accuracy"] == pytest.approx(2 / 3)
    assert labels.metrics()["accuracy"] == 0.75


def test_rates_are_compared_as_exponentials() -> None:
    score = RateScore()
    score.add(np.log([[1.0], [3.0]]), np.array([[1.0], [2.0]]))
    assert score.metrics()["mae"] == pytest.approx(0.5)


def test_the_quantile_nearest_to_the_median_is_scored() -> None:
    score = MedianScore((0.1, 0.4, 0.9))
    score.add(np.array([[9.0, 1.0, 9.0]]), np.full((1, 3), 1.0))
    assert score.metrics()["mae"] == 0


@pytest.mark.parametrize(
    ("metric", "value", "than", "by", "better"),
    [
        ("val_loss", 1.0, 2.0, 0.0, True),
        ("val_loss", 1.95, 2.0, 0.1, False),
        ("val_accuracy", 0.9, 0.8, 0.0, True),
        ("val_r2", 0.7, 0.8, 0.0, False),
        ("val_loss", np.nan, 2.0, 0.0, False),
        ("val_accuracy", np.nan, 0.5, 0.0, False),
    ],
)
def test_is_better_knows_the_direction_of_a_metric(
    metric: str, value: float, than: float, by: float, *, better: bool
) -> None:
    assert is_better(metric, value, than, by=by) is better
