"""How much rows count, by their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from engine.memory import Array


def class_weights(y: Array, weighting: Literal["balanced"] | Sequence[float], given: Array | None = None) -> Array:
    """Return weights (rows,) float64: each row gets its class's, times its own of `given: (rows,)`, if it has one.

    `y` holds one class index per row, or 0 and 1. "balanced" makes all classes count the same: rows / (classes *
    count), so the mean weight is 1 (King and Zeng, 2001); rows that have weights are counted by them.

    Raises:
        ValueError: rows have several answers or none that is a class, or there is no weight for a class.
    """
    flat = y.reshape(-1)
    if flat.size != len(y):
        raise ValueError("class_weight is for one class per row; weigh several labels by positive_weight")
    classes = flat.astype(np.intp)
    if not np.array_equal(classes, flat):
        raise ValueError("class_weight is for classes, which are whole numbers")
    own = np.ones(len(y)) if given is None else np.asarray(given, np.float64)
    if weighting == "balanced":
        return balanced_weights(classes, own)
    if flat.size and not (classes.min() >= 0 and classes.max() < len(weighting)):
        raise ValueError(f"class_weight has {len(weighting)} weights, for classes 0 to {len(weighting) - 1}")
    return np.asarray(weighting, np.float64)[classes] * own


def balanced_weights(classes: Array, given: Array) -> Array:
    """Return weights (rows,) float64 under which all classes count the same, and rows of one class as `given`.

    Classes whose rows all weigh 0 are left alone. The weights sum up to what those given do.
    """
    _, inverse = np.unique(classes, return_inverse=True)
    sums = np.bincount(inverse, given)
    weighing = np.count_nonzero(sums)
    factors = np.divide(given.sum(), weighing * sums, out=np.zeros_like(sums), where=sums > 0)
    weights: Array = factors[inverse] * given
    return weights
