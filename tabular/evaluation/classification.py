"""Metrics of predicted classes and probabilities."""

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MIN_PROBABILITY = 1e-15  # keeps the log loss finite where the true class got probability 0


def evaluate_classes(classes: tuple[str, ...], y: Array, probabilities: Floats, shares: Floats) -> dict[str, Any]:
    """Return the metrics of one column, as JSON values.

    Args:
        classes: names of the classes, in the order of the probabilities.
        y: true class numbers, (n,) int64.
        probabilities: (n, classes).
        shares: how often each class occurs in the training rows, (classes,): the baseline's probabilities.
    """
    predicted = probabilities.argmax(axis=1)
    matrix = confusion_matrix(y, predicted, len(classes))
    return {
        "rows": len(y),
        "accuracy": float(np.mean(predicted == y)),
        "log_loss": log_loss(y, probabilities),
        "roc_auc": roc_auc(y, probabilities),
        "per_class": [_class_metrics(matrix, number, name) for number, name in enumerate(classes)],
        "confusion_matrix": {"labels": list(classes), "counts": matrix.tolist()},
        "baseline": {
            "accuracy": float(np.mean(y == shares.argmax())),
            "log_loss": log_loss(y, np.broadcast_to(shares, probabilities.shape)),
            "roc_auc": 0.5,
        },
    }


def confusion_matrix(y: Array, predicted: Array, classes: int) -> npt.NDArray[np.int64]:
    """Return counts (classes, classes): rows are true classes, columns predicted ones."""
    matrix = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(matrix, (y, predicted), 1)
    return matrix


def log_loss(y: Array, probabilities: Floats) -> float:
    """Return the mean of -ln(probability of the true class)."""
    of_truth = np.maximum(probabilities[np.arange(len(y)), y], MIN_PROBABILITY)
    return float(-np.log(of_truth).mean())


def roc_auc(y: Array, probabilities: Floats) -> float | None:
    """Return the area under the ROC curve; for more than two classes, the mean of one against the rest (Fawcett 2006).

    None if no class has both rows in it and rows outside.
    """
    numbers = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    areas = [_area_under_curve(y == number, probabilities[:, number]) for number in numbers]
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if known else None


def _area_under_curve(positive: npt.NDArray[np.bool_], score: Floats) -> float | None:
    """Return the chance that a positive row scores above another; ties count half (Mann and Whitney 1947)."""
    inside = int(positive.sum())
    outside = positive.size - inside
    if not inside or not outside:
        return None
    _, value, counts = np.unique(score, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    return float((mean_rank[value][positive].sum() - inside * (inside + 1) / 2) / (inside * outside))


def _class_metrics(matrix: Array, number: int, name: str) -> dict[str, Any]:
    hits, true, predicted = (int(n) for n in (matrix[number, number], matrix[number].sum(), matrix[:, number].sum()))
    precision = hits / predicted if predicted else None
    recall = hits / true if true else None
    f1 = 2 * hits / (true + predicted) if true + predicted else None
    return {"label": name, "rows": true, "precision": precision, "recall": recall, "f1": f1}
