"""Constant answers that fit a target best: where a network starts before it has learned anything."""

from __future__ import annotations

import numpy as np

from engine.memory import Array
from engine.metrics.score import Floats

MIN_COUNTS = 0.5  # rows that a class without rows counts as, because the logarithm of 0 is infinite
BISECTIONS = 60  # halve the range of the targets to float64 precision


def class_log_frequencies(counts: Floats) -> Floats:
    """Return log(counts / total), (classes,), relative to their mean. Classes that do not occur count as half a row."""
    floor = MIN_COUNTS * counts[counts > 0].min() if (counts > 0).any() else 1.0
    logarithms = np.log(np.maximum(counts, floor))
    return np.asarray(logarithms - logarithms.mean())


def logit(shares: Floats, rows: int) -> Floats:
    """Return log(p / (1 - p)) of shares p; 0 and 1 count as half a row of `rows`."""
    edge = MIN_COUNTS / (rows + 1)
    p = np.clip(shares, edge, 1 - edge)
    return np.asarray(np.log(p / (1 - p)))


def weighted_means(y: Array, weights: Floats) -> Floats:
    """Return the mean (columns,) of each column of `y: (rows, columns)`, weighted by `weights: (rows,)`."""
    total: Floats = weights @ y.astype(np.float64)
    return np.asarray(total / weights.sum())


def weighted_quantile(y: Array, weights: Floats, level: float) -> float:
    """Return the smallest value of `y: (rows,)` with at least the share `level` of the weight at or below it.

    Where the share is met exactly, the middle between that value and the next, as for a median of an even number.
    """
    order = np.argsort(y, kind="stable")
    below = np.cumsum(weights[order])
    wanted = level * below[-1]
    first = int(np.searchsorted(below, wanted * (1 - 1e-12)))
    last = int(np.searchsorted(below, wanted * (1 + 1e-12), side="right"))
    values = y[order]
    return float(values[first] / 2 + values[min(last, len(y) - 1)] / 2)


def huber_center(y: Array, weights: Floats, delta: float) -> float:
    """Return the number where the weighted mean of the Huber loss is smallest, found by bisection of its derivative."""
    low, high, targets = float(y.min()), float(y.max()), y.astype(np.float64)
    for _ in range(BISECTIONS):
        middle = low / 2 + high / 2
        if float(weights @ np.clip(middle - targets, -delta, delta)) > 0:
            high = middle
        else:
            low = middle
    return low / 2 + high / 2
