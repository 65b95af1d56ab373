"""How good a network is on rows it does not learn from."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from engine.memory import Array
from engine.spec import LossName


class Score(ABC):
    """Sums up over blocks of rows what a metric needs."""

    @abstractmethod
    def add(self, logits: Array, targets: Array) -> None:
        """Take one block: `logits` and `targets` as the loss takes them."""

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Return the metrics over all blocks."""


class Accuracy(Score):
    """The share of rows whose likeliest class is the right one."""

    def __init__(self) -> None:
        self.right = 0
        self.seen = 0

    def add(self, logits: Array, targets: Array) -> None:
        """Compare the largest logit's place, or a single logit's sign, with the target."""
        right = logits.argmax(axis=1) == targets if targets.ndim == 1 else (logits > 0) == (targets > 0.5)
        self.right += int(np.count_nonzero(right))
        self.seen += right.size

    def metrics(self) -> dict[str, float]:
        """Return `accuracy`."""
        return {"accuracy": self.right / self.seen}


class Deviation(Score):
    """Coefficient of determination and mean absolute error, averaged over the outputs."""

    def __init__(self) -> None:
        self.seen = 0
        self.absolute = 0.0
        self.squared: Array = np.zeros(1)
        self.sums: Array = np.zeros(1)
        self.squares: Array = np.zeros(1)
        self.origin: Array | None = None

    def add(self, logits: Array, targets: Array) -> None:
        """Add up errors, and the targets around the first one, in float64."""
        y = targets.astype(np.float64)
        error = logits - y
        if self.origin is None:
            self.origin = y[0].copy()
        y -= self.origin
        self.seen += len(y)
        self.absolute += float(np.abs(error).mean(axis=1).sum())
        self.squared = self.squared + np.square(error).sum(axis=0)
        self.sums = self.sums + y.sum(axis=0)
        self.squares = self.squares + np.square(y).sum(axis=0)

    def metrics(self) -> dict[str, float]:
        """Return `r2` and `mae`; the r2 of a constant target is 1 if it was met exactly, else 0."""
        variation = np.maximum(self.squares - np.square(self.sums) / self.seen, 0)
        exact = np.where(self.squared == 0, 1.0, 0.0)
        r2 = np.where(variation > 0, 1 - self.squared / np.where(variation > 0, variation, 1), exact)
        return {"r2": float(r2.mean()), "mae": self.absolute / self.seen}


def score(loss: LossName) -> Score:
    """Return a fresh score of the kind that goes with a loss."""
    return Deviation() if loss == "mean_squared_error" else Accuracy()


def names(loss: LossName) -> tuple[str, ...]:
    """Return the names of the metrics that go with a loss."""
    return ("r2", "mae") if loss == "mean_squared_error" else ("accuracy",)


def is_better(metric: str, value: float, than: float, *, by: float = 0.0) -> bool:
    """Say whether a metric's value improves on another by more than `by`. NaN never does."""
    larger_is_better = metric.endswith(("_accuracy", "_r2"))
    return value > than + by if larger_is_better else value < than - by
