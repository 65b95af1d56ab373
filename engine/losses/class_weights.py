"""Sample weights from class weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.memory import Array

Weighting = Literal["balanced"] | Sequence[float]


@dataclass(frozen=True, slots=True)
class ClassFactors:
    """What the weights of rows are multiplied with: `factors: (classes,)`, for the class numbers from 0."""

    factors: Array

    @classmethod
    def of(cls, y: Array, weighting: Weighting, given: Array | None = None) -> ClassFactors:
        """Return the factors for training rows with targets `y` and weights `given: (rows,)`; None: all 1.

        "balanced" makes all classes count the same: a row weighs rows / (classes * count), so the mean is 1
        (King and Zeng, 2001). If rows have weights, these are counted instead of rows.

        Raises:
            ValueError: rows have several labels or values that are not classes, or a class has no weight.
        """
        classes = class_numbers(y)
        if weighting == "balanced":
            own = np.ones(len(y)) if given is None else np.asarray(given, np.float64)
            return cls(_balanced_factors(classes, own))
        if classes.size and not (classes.min() >= 0 and classes.max() < len(weighting)):
            detail = f"class_weight has {len(weighting)} weights; classes must be from 0 to {len(weighting) - 1}"
            raise ValueError(detail)
        return cls(np.asarray(weighting, np.float64))

    def weights(self, y: Array, given: Array | None = None) -> Array:
        """Return sample weights (rows,) float64. Classes that no training row has keep their weights."""
        classes = class_numbers(y)
        missing = max(0, int(classes.max(initial=0)) + 1 - len(self.factors))
        factors = np.concatenate([self.factors, np.ones(missing)])
        own = np.ones(len(y)) if given is None else np.asarray(given, np.float64)
        weights: Array = factors[classes] * own
        return weights


def class_numbers(y: Array) -> Array:
    """Return the class numbers (rows,) of targets: one class index per row, or 0 and 1.

    Raises:
        ValueError: rows have several labels, or values that are not whole.
    """
    flat = y.reshape(-1)
    if flat.size != len(y):
        raise ValueError("class_weight requires one class per row; use positive_weight for several labels")
    classes = flat.astype(np.intp)
    if not np.array_equal(classes, flat):
        raise ValueError("class_weight requires classes, which are whole numbers")
    return classes


def _balanced_factors(classes: Array, given: Array) -> Array:
    """Return factors (classes,) with which the weights of every class have the same sum, and their sum stays.

    Classes without weight have the factor 1.
    """
    sums = np.bincount(classes, given)
    factors: Array = np.divide(given.sum(), np.count_nonzero(sums) * sums, out=np.ones_like(sums), where=sums > 0)
    return factors
