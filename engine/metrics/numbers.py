"""Scores of predicted numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.memory import Array
from engine.metrics.score import Floats, Score

MAX_LOG_RATE = 80.0  # of a count: exp(80) is 6e34; the largest float32 is 3e38


class RegressionScore(Score):
    """Coefficient of determination and mean absolute error, averaged over the outputs."""

    names = ("r2", "mae")

    def __init__(self) -> None:
        self.seen = 0.0
        self.absolute = 0.0
        self.squared: Array = np.zeros(1)
        self.sums: Array = np.zeros(1)
        self.squares: Array = np.zeros(1)
        self.origin: Array | None = None

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Add errors, and targets relative to the first one, in float64."""
        y = targets.astype(np.float64)
        error = logits.reshape(y.shape) - y
        if self.origin is None:
            self.origin = y[0].copy()
        y -= self.origin
        each = np.ones((len(y), 1)) if weights is None else weights[:, None]
        self.seen += float(each.sum())
        self.absolute += float((np.abs(error).mean(axis=1) * each[:, 0]).sum())
        self.squared = self.squared + (np.square(error) * each).sum(axis=0)
        self.sums = self.sums + (y * each).sum(axis=0)
        self.squares = self.squares + (np.square(y) * each).sum(axis=0)

    def metrics(self) -> dict[str, float]:
        """Return `r2` and `mae`. The r2 of a constant target is 1 if all predictions are exact, otherwise 0."""
        variation = np.maximum(self.squares - np.square(self.sums) / self.seen, 0)
        exact = np.where(self.squared == 0, 1.0, 0.0)
        r2 = np.where(variation > 0, 1 - self.squared / np.where(variation > 0, variation, 1), exact)
        return {"r2": float(r2.mean()), "mae": self.absolute / self.seen}


class RateScore(RegressionScore):
    """The same for outputs that are logarithms of rates."""

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Compare rates with counts."""
        super().add(np.exp(np.minimum(logits, MAX_LOG_RATE)), targets, weights)


class MedianScore(RegressionScore):
    """The same for the quantile nearest to the median."""

    def __init__(self, quantiles: Sequence[float]) -> None:
        super().__init__()
        self.step = len(quantiles)
        self.first = min(range(self.step), key=lambda index: abs(quantiles[index] - 0.5))

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Compare the columns of that quantile."""
        z = logits.reshape(targets.shape)
        super().add(z[:, self.first :: self.step], targets[:, self.first :: self.step], weights)
