"""Predictions that need no network: the training rows' class shares, or their mean."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def class_shares(training_truth: Floats, classes: int) -> Floats:
    """Return how often each class occurs in the training rows, (classes,)."""
    counts = np.bincount(training_truth.astype(np.int64), minlength=classes)
    return counts / len(training_truth)


def mean_prediction(training_values: Floats, rows: int) -> Floats:
    """Return the mean of the training rows as the prediction for each of `rows`, (rows,)."""
    return np.full(rows, training_values.mean())
