"""Each metric has its textbook value."""

import numpy as np
import pytest

from tabular.evaluation.baseline import class_shares, mean_prediction
from tabular.evaluation.classification import confusion_matrix, log_loss, roc_auc
from tabular.evaluation.regression import errors, poisson_deviance


def test_class_shares_count_classes_that_training_never_saw() -> None:
    assert class_shares(np.array([0, 0, 2, 0]), 4).tolist() == [0.75, 0, 0.25, 0]


def test_the_mean_is_predicted_for_every_row() -> None:
    assert mean_prediction(np.array([1.0, 3.0]), 3).tolist() == [2, 2, 2]


def test_the_confusion_matrix_has_true_classes_as_rows() -> None:
    assert confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]), 2).tolist() == [[1, 0], [1, 1]]


def test_log_loss_is_the_mean_of_the_true_classes() -> None:
    assert log_loss(np.array([0, 1]), np.array([[0.5, 0.5], [0.75, 0.25]])) == pytest.approx(np.log([2, 4]).mean())


def test_auc_is_the_share_of_correctly_ordered_pairs() -> None:
    score = np.array([0.1, 0.4, 0.35, 0.8])
    assert roc_auc(np.array([0, 0, 1, 1]), np.stack([1 - score, score], axis=1)) == 0.75


def test_auc_is_undefined_for_a_single_class() -> None:
    assert roc_auc(np.array([1, 1]), np.array([[0.2, 0.8], [0.6, 0.4]])) is None


def test_errors_have_r2_mae_and_rmse() -> None:
    found = errors(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0]))
    assert found == pytest.approx({"r2": -1.0, "mae": 2 / 3, "rmse": np.sqrt(4 / 3)})


def test_the_poisson_deviance_of_perfect_rates_is_zero() -> None:
    counts = np.array([0.0, 2.0, 5.0])
    assert poisson_deviance(counts, counts) == pytest.approx(0, abs=1e-12)
    assert np.isfinite(poisson_deviance(counts, np.zeros(3)))
