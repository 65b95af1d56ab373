"""How much rows count, by their classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from engine.memory import Array


def class_weights(y: Array, weighting: Literal["balanced"] | Sequence[float]) -> Array:
    """Return weights (rows,) float64: each row gets its class's.

    `y` holds one class index per row, or 0 and 1. "balanced" makes all classes count the same: rows / (classes *
    count), so the mean weight is 1 (King and Zeng, 2001).

    Raises:
        ValueError: rows have several answers, or there is no weight for a class.
    """
    flat = y.reshape(-1)
    if flat.size != len(y):
        raise ValueError("class_weight is for one class per row; weigh several labels by positive_weight")
    if weighting == "balanced":
        return balanced_weights(flat)
    classes = flat.astype(np.intp)
    if not np.array_equal(classes, flat) or (flat.size and not (classes.min() >= 0 and classes.max() < len(weighting))):
        raise ValueError(f"class_weight has {len(weighting)} weights, for classes 0 to {len(weighting) - 1}")
    return np.asarray(weighting, np.float64)[classes]


def balanced_weights(y: Array) -> Array:
    """Return weights (rows,) float64 under which all classes count the same: rows / (classes * count).

    `y` holds class indices, or 0 and 1. The mean weight is 1 (King and Zeng, 2001).
    """
    _, inverse, counts = np.unique(y.reshape(-1), return_inverse=True, return_counts=True)
    weights: Array = (inverse.size / (counts.size * counts))[inverse]
    return weights
