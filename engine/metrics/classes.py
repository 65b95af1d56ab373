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
        self.names = metric_names(requested)
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
            found |= {name: CLASS_METRICS[name](*answers) for name in self.names[1:]}
        return found


class BinaryScore(Score):
    """A yes or no for each output, whose logit is that of a yes. Metrics are means over the outputs."""

    def __init__(self, requested: Collection[str] = ()) -> None:
        self.names = metric_names(requested)
        self.right: Array = np.zeros(1)  # of each output
        self.seen = 0.0
        self.kept = list[tuple[Array, Array, Floats]]()

    def add(self, logits: Array, targets: Array, weights: Floats | None = None) -> None:
        """Compare the sign of each logit with its target."""
        z, y = logits.reshape(targets.shape), targets > 0.5
        each = np.ones(len(y)) if weights is None else weights
        self.right = self.right + each @ ((z > 0) == y)
        self.seen += float(each.sum())
        if len(self.names) > 1:
            self.kept.append((z.astype(np.float64), y, each))

    def metrics(self) -> dict[str, float]:
        """Return the mean of each metric over the outputs."""
        found = {"accuracy": float(np.mean(self.right / self.seen))}
        if self.kept:
            z, y, weights = (np.concatenate(part) for part in zip(*self.kept, strict=True))
            each = [self._requested_metrics(z[:, output], y[:, output], weights) for output in range(z.shape[1])]
            found |= {name: float(np.mean([metrics[name] for metrics in each])) for name in self.names[1:]}
        return found

    def _requested_metrics(self, z: Floats, y: Array, weights: Floats) -> dict[str, float]:
        """Return the metrics of one output as those of two classes, whose logits are 0 and z: (n,)."""
        logits, classes = np.column_stack([np.zeros(len(z)), z]), y.astype(np.intp)
        return {name: CLASS_METRICS[name](logits, classes, weights) for name in self.names[1:]}


def metric_names(requested: Collection[str]) -> tuple[str, ...]:
    """Return the accuracy, and the requested metrics of classes in the order of `CLASS_METRICS`."""
    return ("accuracy", *(name for name in CLASS_METRICS if name in requested))


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
