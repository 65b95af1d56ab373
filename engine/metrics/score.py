"""The interface of every score, and the direction in which a metric improves."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt

from engine.memory import Array

Floats = npt.NDArray[np.float64]

LARGER_IS_BETTER = ("_accuracy", "_r2", "_roc_auc", "_f1", "_concordance")


class Score(ABC):
    """Sums over blocks of rows, from which metrics are computed."""

    names: tuple[str, ...] = ()

    @abstractmethod
    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Add a block: `logits` and `targets` as the loss takes them. `weights: (rows,)`; None: all 1."""

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Return the metrics over all blocks."""


def is_better(metric: str, value: float, than: float, *, by: float = 0.0) -> bool:
    """Return whether a value of a metric improves on another by more than `by`. NaN never does."""
    return value > than + by if metric.endswith(LARGER_IS_BETTER) else value < than - by
