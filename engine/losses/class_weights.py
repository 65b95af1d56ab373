"""Sample weights from class weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from engine.memory import Array


def class_weights(y: Array, weighting: Literal["balanced"] | Sequence[float], given: Array | None = None) -> Array:
    """Return sample weights (rows,) float64: the weight of the class of each row, times its weight in `given: (rows,)`.

    `y` holds one class index per row, or 0 and 1. "balanced" makes all classes count the same: the weights are
    rows / (classes * count), so their mean is 1 (King and Zeng, 2001). If rows have weights, these are counted
    instead of rows.

    Raises:
        ValueError: rows have several labels or values that are not classes, or a class has no weight.
    """
    flat = y.reshape(-1)
    if flat.size != len(y):
        raise ValueError("class_weight requires one class per row; use positive_weight for several labels")
    classes = flat.astype(np.intp)
    if not np.array_equal(classes, flat):
        raise ValueError("class_weight requires classes, which are whole numbers")
    own = np.ones(len(y)) if given is None else np.asarray(given, np.float64)
    if weighting == "balanced":
        return balanced_weights(classes, own)
    if flat.size and not (classes.min() >= 0 and classes.max() < len(weighting)):
        raise ValueError(f"class_weight has {len(weighting)} weights; classes must be from 0 to {len(weighting) - 1}")
    return np.asarray(weighting, np.float64)[classes] * own


def balanced_weights(classes: Array, given: Array) -> Array:
    """Return sample weights (rows,) float64 with the same sum for every class; within a class they are as `given`.

    Classes whose rows all have weight 0 keep it. The sum of all weights does not change.
    """
    _, inverse = np.unique(classes, return_inverse=True)
    sums = np.bincount(inverse, given)
    weighing = np.count_nonzero(sums)
    factors = np.divide(given.sum(), weighing * sums, out=np.zeros_like(sums), where=sums > 0)
    weights: Array = factors[inverse] * given
    return weights
