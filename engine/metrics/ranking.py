"""How well predicted numbers order rows: the area under the ROC curve."""

from __future__ import annotations

import numpy as np

from engine.memory import Array
from engine.metrics.score import Floats

UNDEFINED = 0.5  # of an area without both kinds of rows: nothing is ordered well or badly


def mean_roc_auc(probabilities: Floats, y: Array, weights: Floats) -> float:
    """Return the area under the ROC curve; for more than two classes, the mean of each against the rest.

    `probabilities: (n, classes)`, `y: (n,)` class numbers, `weights: (n,)`. Classes that all rows or none have are
    left out; the result is 0.5 if no class is left.
    """
    classes = probabilities.shape[1]
    one_sided = [1] if classes == 2 else range(classes)
    areas = [area for k in one_sided if (area := roc_auc(probabilities[:, k], y == k, weights)) is not None]
    return float(np.mean(areas)) if areas else UNDEFINED


def roc_auc(scores: Floats, positive: Array, weights: Floats) -> float | None:
    """Return the probability that a positive row has the higher score than another, ties counting half; O(n log n).

    Hanley and McNeil, 1982. `scores`, `positive`, `weights`: (n,). None if there are only rows of one kind.
    """
    order = np.argsort(scores, kind="stable")
    ranked = scores[order]
    starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    positives = np.add.reduceat(np.where(positive, weights, 0)[order], starts)
    negatives = np.add.reduceat(np.where(positive, 0, weights)[order], starts)
    pairs = float(positives.sum() * negatives.sum())
    if pairs <= 0:
        return None
    below = np.cumsum(negatives) - negatives
    return float(np.sum(positives * (below + negatives / 2)) / pairs)
