"""Held-out predictions are evaluated next to a baseline."""

import json

import numpy as np
import pytest

from tabular.evaluation.evaluation import evaluate
from tabular.evaluation.survival import evaluate_times
from tabular.preprocessing.column_target import ColumnTarget
from tabular.preprocessing.survival import signed_times
from tabular.preprocessing.target import TargetEncoder

BINARY = TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("no", "yes")))
TERNARY = TargetEncoder.of(ColumnTarget(column="y", task="classification", classes=("a", "b", "c")))
NUMBER = TargetEncoder.of(ColumnTarget(column="y", task="regression", mean=10.0, stddev=2.0))


def test_two_classes_have_accuracy_log_loss_and_auc() -> None:
    y, outputs = np.array([0, 0, 1, 1]), np.array([[0.1], [0.6], [0.4], [0.9]])
    found = evaluate(BINARY, np.array([0, 0, 0, 1]), y, outputs)
    assert found["accuracy"] == 0.5
    assert found["roc_auc"] == 0.75
    assert found["log_loss"] == pytest.approx(-np.log([0.9, 0.4, 0.4, 0.9]).mean())
    assert found["confusion_matrix"] == {"labels": ["no", "yes"], "counts": [[1, 1], [1, 1]]}
    assert found["best_threshold"]["threshold"] == 0.4
    assert found["per_class"][1] == {"label": "yes", "rows": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert found["baseline"]["accuracy"] == 0.5
    assert found["baseline"]["log_loss"] == pytest.approx(-np.log([0.75, 0.75, 0.25, 0.25]).mean())


def test_ties_count_half_in_the_area_under_the_curve() -> None:
    assert evaluate(BINARY, np.array([0, 1]), np.array([0, 1, 1]), np.full((3, 1), 0.3))["roc_auc"] == 0.5


def test_a_class_without_rows_has_null_metrics() -> None:
    outputs = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]])
    found = evaluate(TERNARY, np.array([0, 1, 2]), np.array([0, 1]), outputs)
    assert (found["accuracy"], found["roc_auc"]) == (1.0, 1.0)
    assert found["per_class"][2] == {"label": "c", "rows": 0, "precision": None, "recall": None, "f1": None}
    json.dumps(found, allow_nan=False)


def test_a_probability_of_zero_has_a_finite_log_loss() -> None:
    found = evaluate(TERNARY, np.array([0, 1]), np.array([2]), np.array([[1.0, 0.0, 0.0]]))
    assert 30 < found["log_loss"] < 40
    assert np.isfinite(found["baseline"]["log_loss"])


def test_numbers_are_evaluated_in_their_own_units() -> None:
    truth, outputs = np.array([[8.0], [10.0], [12.0]]), NUMBER.finish(np.array([[-1.0], [0.5], [1.0]]))
    found = evaluate(NUMBER, np.array([[10.0], [12.0]]), truth, outputs)
    assert (found["mae"], found["rmse"]) == pytest.approx((1 / 3, np.sqrt(1 / 3)))
    assert found["r2"] == pytest.approx(1 - 1 / 8)
    assert found["residual_quantiles"]["0.5"] == 0
    assert found["baseline"]["mae"] == pytest.approx((3 + 1 + 1) / 3)


def test_equal_targets_have_no_r2() -> None:
    assert evaluate(NUMBER, np.zeros((2, 1)), np.zeros((2, 1)), np.ones((2, 1)))["r2"] is None


def test_no_rows_cannot_be_evaluated() -> None:
    with pytest.raises(ValueError, match="no rows"):
        evaluate(NUMBER, np.zeros((2, 1)), np.zeros((0, 1)), np.zeros((0, 1)))


def test_several_columns_are_evaluated_individually_and_together() -> None:
    columns = (
        ColumnTarget(column="a", task="classification", classes=("x", "y", "z")),
        ColumnTarget(column="b", task="classification", classes=("no", "yes")),
        ColumnTarget(column="c", task="regression", mean=10.0, stddev=2.0),
    )
    target = TargetEncoder(columns=columns, outputs=5)
    y = np.array([[0, 1, 10.0], [1, 1, 12.0], [2, 0, 8.0], [2, 0, 10.0]])
    outputs = np.array(
        [[0.8, 0.1, 0.1, 0.9, 0.0], [0.1, 0.8, 0.1, 0.2, 1.0], [0.1, 0.1, 0.8, 0.1, -1.0], [0.8, 0.1, 0.1, 0.1, 1.0]]
    )
    found = evaluate(target, y[2:], y, target.finish(outputs))
    assert found["rows"] == 4
    assert [found["targets"][name].get("accuracy") for name in "abc"] == [0.75, 0.75, None]
    assert found["targets"]["c"]["mae"] == 0.5  # one of four rows, by one standard deviation
    assert (found["accuracy"], found["all_right"], found["r2"]) == (0.75, 0.5, 0.5)
    assert (found["baseline"]["accuracy"], found["baseline"]["all_right"]) == (0.5, 0.5)
    json.dumps(found, allow_nan=False)


def test_answers_per_time_step_are_evaluated_like_others() -> None:
    columns = tuple(ColumnTarget(column=name, task="classification", classes=("x", "y", "z")) for name in "ab")
    target = TargetEncoder(columns=columns, outputs=(2, 3))
    y = np.array([[0, 1], [2, 1]])
    found = evaluate(target, y, y, np.eye(3)[np.array([[0, 1], [2, 0]])])
    assert [found["targets"][name]["accuracy"] for name in "ab"] == [1.0, 0.5]
    assert found["all_right"] == 0.5


def test_quantiles_are_evaluated_by_their_coverage() -> None:
    column = ColumnTarget(column="y", task="regression", mean=10.0, stddev=2.0, loss="quantile", quantiles=(0.2, 0.6))
    y, outputs = np.array([[8.0], [10.0], [12.0], [14.0]]), np.array([[9.0, 11.0]] * 4)
    found = evaluate(TargetEncoder.of(column), y, y, outputs)
    assert found["coverage"] == {"0.2": 0.25, "0.6": 0.5}
    assert found["mae"] == 2 * (1.5 + 0.5 + 0.5 + 1.5) / 4  # of the quantile next to the median


def test_rates_are_evaluated_by_their_deviance() -> None:
    column = ColumnTarget(column="y", task="regression", loss="poisson")
    found = evaluate(TargetEncoder.of(column), np.array([[2.0]]), np.array([[0.0], [3.0]]), np.array([[1.0], [3.0]]))
    assert found["poisson_deviance"] == pytest.approx(1.0)
    assert found["baseline"]["poisson_deviance"] == pytest.approx(2 + 3 * np.log(1.5) - 1)


def test_weighted_scores_stand_beside_those_in_which_rows_count_once() -> None:
    y, outputs = np.array([0, 0, 1, 1]), np.array([[0.1], [0.6], [0.4], [0.9]])
    found = evaluate(BINARY, y, y, outputs, np.array([3.0, 1.0, 1.0, 3.0]))
    assert (found["accuracy"], found["weighted_scores"]["accuracy"]) == (0.5, 0.75)
    expected = -np.average(np.log([0.9, 0.4, 0.4, 0.9]), weights=[3, 1, 1, 3])
    assert found["weighted_scores"]["log_loss"] == pytest.approx(expected)
    numbers = evaluate(NUMBER, np.zeros((2, 1)), np.zeros((2, 1)), np.array([[3.0], [2.0]]), np.array([3.0, 1.0]))
    assert (numbers["mae"], numbers["weighted_scores"]["mae"]) == (2.5, 2.75)


def test_points_of_predictions_are_spread_over_the_true_values() -> None:
    y = np.random.default_rng(0).standard_normal((5_000, 1))
    points = evaluate(NUMBER, y, y, y * 0.5)["predicted_against_true"]
    assert len(points["true"]) == len(points["predicted"]) == 200
    assert points["true"] == sorted(points["true"])
    assert (points["true"][0], points["true"][-1]) == (y.min(), y.max())


def test_an_event_at_time_0_is_an_event() -> None:
    signed = signed_times(np.array([0.0, 0.0, 3.0, 5.0]), np.array([True, False, True, False]))
    found = evaluate_times(signed, np.array([4.0, 1.0, 3.0, 2.0]))
    assert (found["events"], found["concordance"]) == (2, 1.0)
