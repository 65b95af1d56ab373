"""Metrics on rows that the network is not trained on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from engine.memory import Array

MAX_LOG_RATE = 80.0  # of a count: exp(80) is 6e34; the largest float32 is 3e38


class Score(ABC):
    """Sums over blocks of rows, from which metrics are computed."""

    names: tuple[str, ...] = ()

    @abstractmethod
    def add(self, logits: Array, targets: Array) -> None:
        """Add a block: `logits` and `targets` as the loss takes them."""

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Return the metrics over all blocks."""


class Accuracy(Score):
    """The fraction of answers whose most likely class is correct."""

    names = ("accuracy",)

    def __init__(self) -> None:
        self.right = 0
        self.seen = 0

    def add(self, logits: Array, targets: Array) -> None:
        """Compare the index of the largest logit with the target."""
        self._count(logits.argmax(axis=-1) == targets)

    def _count(self, right: Array) -> None:
        self.right += int(np.count_nonzero(right))
        self.seen += right.size

    def metrics(self) -> dict[str, float]:
        """Return `accuracy`."""
        return {"accuracy": self.right / self.seen}


class BinaryAccuracy(Accuracy):
    """The fraction of yes-or-no answers that are correct."""

    def add(self, logits: Array, targets: Array) -> None:
        """Compare the sign of each logit with its target."""
        self._count((logits.reshape(targets.shape) > 0) == (targets > 0.5))


class RegressionScore(Score):
    """Coefficient of determination and mean absolute error, averaged over the outputs."""

    names = ("r2", "mae")

    def __init__(self) -> None:
        self.seen = 0
        self.absolute = 0.0
        self.squared: Array = np.zeros(1)
        self.sums: Array = np.zeros(1)
        self.squares: Array = np.zeros(1)
        self.origin: Array | None = None

    def add(self, logits: Array, targets: Array) -> None:
        """Add errors, and targets relative to the first one, in float64."""
        y = targets.astype(np.float64)
        error = logits.reshape(y.shape) - y
        if self.origin is None:
            self.origin = y[0].copy()
        y -= self.origin
        self.seen += len(y)
        self.absolute += float(np.abs(error).mean(axis=1).sum())
        self.squared = self.squared + np.square(error).sum(axis=0)
        self.sums = self.sums + y.sum(axis=0)
        self.squares = self.squares + np.square(y).sum(axis=0)

    def metrics(self) -> dict[str, float]:
        """Return `r2` and `mae`. The r2 of a constant target is 1 if all predictions are exact, otherwise 0."""
        variation = np.maximum(self.squares - np.square(self.sums) / self.seen, 0)
        exact = np.where(self.squared == 0, 1.0, 0.0)
        r2 = np.where(variation > 0, 1 - self.squared / np.where(variation > 0, variation, 1), exact)
        return {"r2": float(r2.mean()), "mae": self.absolute / self.seen}


class RateScore(RegressionScore):
    """The same for outputs that are logarithms of rates."""

    def add(self, logits: Array, targets: Array) -> None:
        """Compare rates with counts."""
        super().add(np.exp(np.minimum(logits, MAX_LOG_RATE)), targets)


class MedianScore(RegressionScore):
    """The same for the quantile nearest to the median."""

    def __init__(self, quantiles: Sequence[float]) -> None:
        super().__init__()
        self.step = len(quantiles)
        self.first = min(range(self.step), key=lambda index: abs(quantiles[index] - 0.5))

    def add(self, logits: Array, targets: Array) -> None:
        """Compare the columns of that quantile."""
        z = logits.reshape(targets.shape)
        super().add(z[:, self.first :: self.step], targets[:, self.first :: self.step])


class MultiTargetScore(Score):
    """The scores of several targets, each with its own outputs and target columns."""

    def __init__(self, parts: Sequence[Score], outputs: Sequence[slice], columns: Sequence[slice]) -> None:
        self.parts = list(zip(parts, outputs, columns, strict=True))
        self.names = tuple(dict.fromkeys(name for part in parts for name in part.names))

    def add(self, logits: Array, targets: Array) -> None:
        """Add its part to each score."""
        for part, outputs, columns in self.parts:
            y = targets[:, columns]
            one_class = type(part) is Accuracy
            part.add(logits[:, outputs], y[:, 0] if one_class else y)

    def metrics(self) -> dict[str, float]:
        """Return the mean of each metric over the targets that have it."""
        values: defaultdict[str, list[float]] = defaultdict(list)
        for part, _, _ in self.parts:
            for name, value in part.metrics().items():
                values[name].append(value)
        return {name: sum(each) / len(each) for name, each in values.items()}


def is_better(metric: str, value: float, than: float, *, by: float = 0.0) -> bool:
    """Return whether a value of a metric improves on another by more than `by`. NaN never does."""
    larger_is_better = metric.endswith(("_accuracy", "_r2"))
    return value > than + by if larger_is_better else value < than - by
