"""Metrics of predicted classes and probabilities."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.evaluation.calibration import brier_score, evaluate_calibration
from tabular.evaluation.confusion import confusion_counts, most_confused, shown_matrix
from tabular.evaluation.ranking import Ranking

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MIN_PROBABILITY = 1e-15  # keeps the log loss finite where the true class got probability 0
MAX_CURVES = 10  # of one column: the classes with the most rows


def evaluate_classes(classes: tuple[str, ...], y: Array, probabilities: Floats, shares: Floats) -> dict[str, Any]:
    """Return the metrics of one column, as JSON values.

    Args:
        classes: names of the classes, in the order of the probabilities.
        y: true class numbers, (n,) int64.
        probabilities: (n, classes).
        shares: how often each class occurs in the training rows, (classes,): the baseline's probabilities.
    """
    predicted = probabilities.argmax(axis=1)
    counts = confusion_counts(y, predicted, len(classes))
    rankings = rank_classes(y, probabilities)
    return {
        "rows": len(y),
        "accuracy": float(np.mean(predicted == y)),
        "balanced_accuracy": balanced_accuracy(y, predicted, len(classes)),
        "log_loss": log_loss(y, probabilities),
        "brier": brier_score(y, probabilities),
        "roc_auc": mean_area(rankings),
        "per_class": _per_class(classes, y, predicted),
        "confusion_matrix": shown_matrix(classes, counts),
        "most_confused": most_confused(classes, counts),
        "calibration": evaluate_calibration(y, probabilities),
        **_curves(classes, y, rankings),
        "baseline": _baseline(y, shares),
    }


def _baseline(y: Array, shares: Floats) -> dict[str, Any]:
    """Return the scores of always predicting the frequencies of the training rows."""
    constant = np.broadcast_to(shares, (len(y), len(shares)))
    most_frequent = np.full(len(y), shares.argmax())
    return {
        "accuracy": float(np.mean(y == most_frequent)),
        "balanced_accuracy": balanced_accuracy(y, most_frequent, len(shares)),
        "log_loss": log_loss(y, constant),
        "brier": brier_score(y, constant),
        "roc_auc": 0.5,
    }


def log_loss(y: Array, probabilities: Floats, weights: Floats | None = None) -> float:
    """Return the mean of -ln(probability of the true class), over rows with weights (n,) if there are any."""
    of_truth = np.maximum(probabilities[np.arange(len(y)), y], MIN_PROBABILITY)
    return float(np.average(-np.log(of_truth), weights=weights))


def balanced_accuracy(y: Array, predicted: Array, classes: int) -> float:
    """Return the mean recall of the classes that have rows, which is the accuracy if all were equally frequent."""
    true = np.bincount(y, minlength=classes)
    hits = np.bincount(y[predicted == y], minlength=classes)
    return float(np.mean(hits[true > 0] / true[true > 0]))


def rank_classes(y: Array, probabilities: Floats) -> dict[int, Ranking]:
    """Return the rows ordered by the probability of each class that has rows in it and outside.

    Of two classes only the second is ranked: the first mirrors it.
    """
    numbers = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    each = {number: Ranking.of(y == number, probabilities[:, number]) for number in numbers}
    return {number: ranking for number, ranking in each.items() if ranking is not None}


def mean_area(rankings: dict[int, Ranking]) -> float | None:
    """Return the area under the ROC curve; for more classes, the mean of one against the rest (Fawcett 2006).

    None if no class has both rows in it and rows outside.
    """
    return float(np.mean([ranking.area for ranking in rankings.values()])) if rankings else None


def _per_class(classes: tuple[str, ...], y: Array, predicted: Array) -> list[dict[str, Any]]:
    hits, true, selected = (
        np.bincount(each, minlength=len(classes)).tolist() for each in (y[predicted == y], y, predicted)
    )
    return [
        {
            "label": name,
            "rows": true[number],
            "precision": hits[number] / selected[number] if selected[number] else None,
            "recall": hits[number] / true[number] if true[number] else None,
            "f1": 2 * hits[number] / (true[number] + selected[number]) if true[number] + selected[number] else None,
        }
        for number, name in enumerate(classes)
    ]


def _curves(classes: tuple[str, ...], y: Array, rankings: dict[int, Ranking]) -> dict[str, Any]:
    """Return the curves of at most MAX_CURVES classes, those with the most rows first."""
    rows = np.bincount(y, minlength=len(classes))
    shown = sorted(rankings, key=lambda number: -rows[number])[:MAX_CURVES]
    named = {classes[number]: rankings[number] for number in shown}
    curves: dict[str, Any] = {
        "roc": [{"label": label, **ranking.roc()} for label, ranking in named.items()],
        "precision_recall": [{"label": label, **ranking.precision_recall()} for label, ranking in named.items()],
        "lift": [{"label": label, **ranking.lift()} for label, ranking in named.items()],
    }
    if len(classes) == 2 and named:
        curves["best_threshold"] = {"label": classes[1], **rankings[1].best_threshold()}
    return curves
