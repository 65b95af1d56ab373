"""Scores of predicted classes: the accuracy always, other metrics on request, because they need all answers together.

All are weighted by the weights of the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from engine.memory import Array
from engine.metrics.ranking import mean_roc_auc
from engine.metrics.score import Floats, Score


class ClassScore(Score):
    """One class of several for each answer; a row has one answer, or one per time step."""

    def __init__(self, requested: Collection[str] = ()) -> None:
        self.names = ("accuracy", *(name for name in CLASS_METRICS if name in requested))
        self.right = 0.0
        self.seen = 0.0
        self.kept = list[tuple[Array, Array, Floats]]()

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Compare the class with the largest logit with the target."""
        z, y = self.class_logits(logits), targets.reshape(-1).astype(np.intp)
        each = np.ones(len(y)) if weights is None else np.repeat(weights, len(y) // len(weights))
        self.right += float(each[z.argmax(axis=1) == y].sum())
        self.seen += float(each.sum())
        if len(self.names) > 1:
            self.kept.append((z.astype(np.float64), y, each))

    def class_logits(self, logits: Array) -> Array:
        """Return numbers (answers, classes) whose softmax is the probability of each class."""
        return logits.reshape(-1, logits.shape[-1])

    def metrics(self) -> dict[str, float]:
        """Return the metrics that `names` lists."""
        found = {"accuracy": self.right / self.seen}
        if self.kept:
            answers = [np.concatenate(part) for part in zip(*self.kept, strict=True)]
            found |= {name: CLASS_METRICS[name](*answers) for name in self.names if name != "accuracy"}
        return found


class BinaryScore(Score):
    """A yes or no for each output, whose logit is that of a yes. Metrics are means over the outputs."""

    def __init__(self, requested: Collection[str] = ()) -> None:
        self.requested = tuple(requested)
        self.outputs = list[ClassScore]()
        self.names = ClassScore(requested).names

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Compare the sign of each logit with its target."""
        z, y = logits.reshape(targets.shape), targets > 0.5
        if not self.outputs:
            self.outputs = [ClassScore(self.requested) for _ in range(y.shape[1])]
        for index, score in enumerate(self.outputs):
            score.add(np.column_stack([np.zeros(len(z)), z[:, index]]), y[:, index], weights)

    def metrics(self) -> dict[str, float]:
        """Return the mean of each metric over the outputs."""
        each = [score.metrics() for score in self.outputs]
        return {name: float(np.mean([found[name] for found in each])) for name in self.names}


def _balanced_accuracy(z: Floats, y: Array, weights: Floats) -> float:
    """Return the mean over the classes that occur of the share of their answers that are right."""
    right, _, true = _class_counts(z, y, weights)
    return float(np.mean(right[true > 0] / true[true > 0]))


def _f1(z: Floats, y: Array, weights: Floats) -> float:
    """Return the mean over classes of 2 right / (predicted + true), for classes that are predicted or occur."""
    right, predicted, true = _class_counts(z, y, weights)
    total = predicted + true
    return float(np.mean(2 * right[total > 0] / total[total > 0]))


def _class_counts(z: Floats, y: Array, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the weight (classes,) of right answers, of predictions and of targets of each class."""
    answers, classes = z.argmax(axis=1), z.shape[1]
    right, predicted, true = (
        np.bincount(labels, given, minlength=classes).astype(np.float64)
        for labels, given in ((y, weights * (answers == y)), (answers, weights), (y, weights))
    )
    return right, predicted, true


def _log_loss(z: Floats, y: Array, weights: Floats) -> float:
    """Return the mean of -log(probability of the true class)."""
    shifted = z - z.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]
    return float(np.average(losses, weights=weights))


def _roc_auc(z: Floats, y: Array, weights: Floats) -> float:
    shifted = np.exp(z - z.max(axis=1, keepdims=True))
    return mean_roc_auc(shifted / shifted.sum(axis=1, keepdims=True), y, weights)


CLASS_METRICS: dict[str, Callable[[Floats, Array, Floats], float]] = {
    "balanced_accuracy": _balanced_accuracy,
    "roc_auc": _roc_auc,
    "f1": _f1,
    "log_loss": _log_loss,
}
