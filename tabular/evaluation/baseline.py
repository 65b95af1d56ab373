"""Predictions that need no network: the training rows' class shares, or their mean."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]


def class_shares(training_y: Array, classes: int) -> Floats:
    """Return how often each class occurs in the training rows, (classes,)."""
    counts = np.bincount(training_y.astype(np.int64), minlength=classes)
    return counts / len(training_y)


def mean_prediction(training_values: Floats, rows: int) -> Floats:
    """Return the mean of the training rows as the prediction for each of `rows`, (rows,)."""
    return np.full(rows, training_values.mean())
