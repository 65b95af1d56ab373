"""Each metric has its textbook value."""

import numpy as np
import pytest

from tabular.evaluation.baseline import class_shares, mean_prediction
from tabular.evaluation.calibration import brier_score, evaluate_calibration
from tabular.evaluation.classification import balanced_accuracy, log_loss, mean_area, rank_classes
from tabular.evaluation.confusion import confusion_counts, most_confused, shown_matrix
from tabular.evaluation.regression import deviance, errors


def test_class_shares_count_classes_that_training_never_saw() -> None:
    assert class_shares(np.array([0, 0, 2, 0]), 4).tolist() == [0.75, 0, 0.25, 0]


def test_the_mean_is_predicted_for_every_row() -> None:
    assert mean_prediction(np.array([1.0, 3.0]), 3).tolist() == [2, 2, 2]


def test_the_confusion_matrix_has_true_classes_as_rows() -> None:
    counts = confusion_counts(np.array([0, 1, 1]), np.array([0, 0, 1]), 2)
    assert shown_matrix(("a", "b"), counts) == {"labels": ["a", "b"], "counts": [[1, 0], [1, 1]]}


def test_of_many_classes_the_most_confused_are_shown() -> None:
    classes = tuple(f"c{number}" for number in range(2_000))
    y = np.arange(2_000)
    predicted = np.where(y < 60, (y + 1) % 60, y)
    predicted[7] = 1_999
    counts = confusion_counts(np.append(y, [3, 3]), np.append(predicted, [4, 4]), 2_000)
    matrix = shown_matrix(classes, counts)
    assert len(matrix["labels"]) == 50
    assert matrix["omitted_classes"] == 1_950
    assert {"c3", "c4"} < set(matrix["labels"])
    pairs = most_confused(classes, counts)
    assert pairs[0] == {"true": "c3", "predicted": "c4", "rows": 3}
    assert len(pairs) == 20


def test_balanced_accuracy_is_the_mean_recall() -> None:
    y, predicted = np.array([0, 0, 0, 0, 1, 1]), np.array([0, 0, 0, 1, 1, 0])
    assert balanced_accuracy(y, predicted, 3) == (0.75 + 0.5) / 2


def test_probabilities_that_come_true_are_calibrated() -> None:
    y, certain = np.array([0, 0, 0, 1]), np.array([[0.75, 0.25]] * 4)
    found = evaluate_calibration(y, certain)
    assert found["expected_calibration_error"] == 0
    assert found["bins"] == [{"low": 0.2, "high": 0.3, "rows": 4, "mean_probability": 0.25, "frequency": 0.25}]
    overconfident = evaluate_calibration(np.array([0, 1, 2]), np.array([[0.9, 0.05, 0.05]] * 3))
    assert overconfident["of"] == "predicted_label"
    assert overconfident["expected_calibration_error"] == pytest.approx(0.9 - 1 / 3)


def test_the_brier_score_is_a_squared_error() -> None:
    assert brier_score(np.array([0, 1]), np.array([[0.8, 0.2], [0.4, 0.6]])) == pytest.approx((0.04 + 0.16) / 2)
    three = np.array([[0.5, 0.3, 0.2]])
    assert brier_score(np.array([1]), three) == pytest.approx(0.25 + 0.49 + 0.04)


def test_log_loss_is_the_mean_of_the_true_classes() -> None:
    assert log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])) == pytest.approx(np.log([2, 4]).mean())


def test_auc_is_the_share_of_correctly_ordered_pairs() -> None:
    score = np.array([0.1, 0.4, 0.35, 0.8])
    assert mean_area(rank_classes(np.array([0, 0, 1, 1]), np.stack([1 - score, score], axis=1))) == 0.75


def test_auc_is_undefined_for_a_single_class() -> None:
    assert mean_area(rank_classes(np.array([1, 1]), np.array([[0.2, 0.8], [0.6, 0.4]]))) is None


def test_errors_have_their_textbook_values() -> None:
    found = errors(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0]))
    expected = {"r2": -1.0, "mae": 2 / 3, "rmse": np.sqrt(4 / 3), "median_absolute_error": 0, "mape": 2 / 9}
    assert found == pytest.approx(expected)


def test_relative_errors_need_true_values_of_one_sign() -> None:
    assert errors(np.array([-1.0, 2.0]), np.zeros(2))["mape"] is None
    assert errors(np.array([0.0, 2.0]), np.zeros(2))["mape"] is None
    assert errors(np.array([-1.0, -2.0]), np.zeros(2))["mape"] == 1


def test_weighted_errors_are_those_of_repeated_rows() -> None:
    rng = np.random.default_rng(0)
    true, predicted, counts = rng.standard_normal(9), rng.standard_normal(9), rng.integers(1, 4, 9)
    weighted = errors(true, predicted, counts.astype(float))
    repeated = errors(np.repeat(true, counts), np.repeat(predicted, counts))
    for name in ("r2", "mae", "rmse"):
        assert weighted[name] == pytest.approx(repeated[name])


def test_the_poisson_deviance_of_perfect_rates_is_zero() -> None:
    counts = np.array([0.0, 2.0, 5.0])
    assert deviance(counts, counts, 1) == pytest.approx(0, abs=1e-12)
    assert np.isfinite(deviance(counts, np.zeros(3), 1))
