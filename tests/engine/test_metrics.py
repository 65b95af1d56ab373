"""Metrics sum over blocks of rows, and have a direction of improvement."""

import numpy as np
import pytest

from engine.memory import Array
from engine.metrics.classes import CLASS_METRICS, BinaryScore, ClassScore
from engine.metrics.numbers import MedianScore, RateScore, RegressionScore
from engine.metrics.score import is_better


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
    classes, labels = ClassScore(), BinaryScore()
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
        ("val_roc_auc", 0.9, 0.8, 0.0, True),
        ("val_f1", 0.9, 0.8, 0.0, True),
        ("val_log_loss", 0.9, 0.8, 0.0, False),
        ("val_r2", 0.7, 0.8, 0.0, False),
        ("val_loss", np.nan, 2.0, 0.0, False),
        ("val_accuracy", np.nan, 0.5, 0.0, False),
    ],
)
def test_is_better_knows_the_direction_of_a_metric(
    metric: str, value: float, than: float, by: float, *, better: bool
) -> None:
    assert is_better(metric, value, than, by=by) is better


Z = np.random.default_rng(1).standard_normal((40, 3)).round(1)
Y = np.random.default_rng(2).integers(0, 3, 40)
W = np.random.default_rng(3).integers(1, 4, 40).astype(float)


def class_metrics(z: Array, y: Array, weights: Array | None, parts: int = 1) -> dict[str, float]:
    score = ClassScore(CLASS_METRICS)
    for part in np.array_split(np.arange(len(y)), parts):
        score.add(z[part], y[part], None if weights is None else weights[part])
    return score.metrics()


def test_a_weight_counts_like_repeated_rows_in_every_metric_of_classes() -> None:
    repeated = np.repeat(np.arange(40), W.astype(int))
    assert class_metrics(Z, Y, W, parts=3) == pytest.approx(class_metrics(Z[repeated], Y[repeated], None))


def test_metrics_of_classes_agree_with_their_definitions() -> None:
    found, answers = class_metrics(Z, Y, None), Z.argmax(axis=1)
    recalls = [np.mean(answers[k == Y] == k) for k in range(3)]
    precisions = [np.mean(Y[answers == k] == k) for k in range(3)]
    f1 = [2 * p * r / (p + r) for p, r in zip(precisions, recalls, strict=True)]
    p = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    pairs = [
        np.mean([(a > b) + (a == b) / 2 for a in p[k == Y, k] for b in p[k != Y, k]])  # one class against the rest
        for k in range(3)
    ]
    assert found == pytest.approx(
        {
            "accuracy": np.mean(answers == Y),
            "balanced_accuracy": np.mean(recalls),
            "roc_auc": np.mean(pairs),
            "f1": np.mean(f1),
            "log_loss": -np.mean(np.log(p[np.arange(40), Y])),
        }
    )


def test_yes_or_no_outputs_have_the_same_metrics_as_two_classes() -> None:
    score, z, y = BinaryScore(CLASS_METRICS), Z[:, :1], (Y > 0).astype(float)[:, None]
    score.add(z, y, W)
    assert score.metrics() == pytest.approx(class_metrics(np.hstack([0 * z, z]), y[:, 0].astype(int), W))


def test_rows_of_one_class_leave_the_area_undefined() -> None:
    assert class_metrics(Z[:, :2], np.zeros(40, int), None)["roc_auc"] == 0.5


def test_regression_metrics_weigh_rows() -> None:
    repeated = np.repeat(np.arange(40), W.astype(int))
    weighted, plain = RegressionScore(), RegressionScore()
    weighted.add(Z[:, :1], Z[:, 1:2], W)
    plain.add(Z[repeated, :1], Z[repeated, 1:2])
    assert weighted.metrics() == pytest.approx(plain.metrics())
