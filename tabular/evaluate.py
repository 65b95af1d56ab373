"""How good a network's answers are on rows it has not learned from, beside what needs no network at all."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.target import TargetEncoder, class_probabilities

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

SMALLEST = 1e-15  # a probability of 0 for what then happens would cost infinitely much
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def evaluate(target: TargetEncoder, training_y: Array, y: Array, outputs: Array) -> dict[str, Any]:
    """Return quality on held-back rows, as JSON values.

    Args:
        target: the encoder that made `y`.
        training_y: targets of the training rows, from which the naive baseline is taken: each class as often as
            there, or always the mean.
        y: true targets as `target.transform` gives them, (n,) or (n, 1).
        outputs: (n, outputs) of `predict` on the same scale: probabilities, or standardised values.

    Raises:
        ValueError: there are no rows.
    """
    if not len(y):
        raise ValueError("there are no rows to evaluate on")
    if target.task == "regression":
        true, predicted, known = (
            array.astype(np.float64).reshape(-1) * target.stddev + target.mean for array in (y, outputs, training_y)
        )
        return _regression(true, predicted, float(known.mean()))
    places = y.reshape(-1).astype(np.int64)
    shares = np.bincount(training_y.reshape(-1).astype(np.int64), minlength=len(target.classes)) / len(training_y)
    return _classification(target.classes, places, class_probabilities(outputs), shares)


def _classification(classes: tuple[str, ...], y: Array, probabilities: Floats, shares: Floats) -> dict[str, Any]:
    predicted = probabilities.argmax(axis=1)
    matrix = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(matrix, (y, predicted), 1)
    naive = np.broadcast_to(shares, probabilities.shape)
    return {
        "rows": len(y),
        "accuracy": float(np.mean(predicted == y)),
        "log_loss": _log_loss(y, probabilities),
        "roc_auc": _roc_auc(y, probabilities),
        "per_class": [_class_quality(matrix, place, name) for place, name in enumerate(classes)],
        "confusion_matrix": {"labels": list(classes), "counts": matrix.tolist()},
        "baseline": {
            "accuracy": float(np.mean(y == shares.argmax())),
            "log_loss": _log_loss(y, naive),
            "roc_auc": 0.5,
        },
    }


def _log_loss(y: Array, probabilities: Floats) -> float:
    """Return the mean of -ln(probability of the true class)."""
    chosen = np.maximum(probabilities[np.arange(len(y)), y], SMALLEST)
    return float(-np.log(chosen).mean())


def _roc_auc(y: Array, probabilities: Floats) -> float | None:
    """Return the area under the ROC curve; of more classes, the mean of each against the rest (Fawcett 2006).

    None when no class has both rows in it and rows outside.
    """
    places = [1] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    areas = [_area(y == place, probabilities[:, place]) for place in places]
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if known else None


def _area(positive: npt.NDArray[np.bool_], score: Floats) -> float | None:
    """Return the chance that a positive row scores above another, ties counting half (Mann and Whitney 1947)."""
    inside = int(positive.sum())
    outside = positive.size - inside
    if not inside or not outside:
        return None
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    return float((mean_rank[place][positive].sum() - inside * (inside + 1) / 2) / (inside * outside))


def _class_quality(matrix: Array, place: int, name: str) -> dict[str, Any]:
    hits, true, predicted = (int(n) for n in (matrix[place, place], matrix[place].sum(), matrix[:, place].sum()))
    precision = hits / predicted if predicted else None
    recall = hits / true if true else None
    f1 = 2 * hits / (true + predicted) if true + predicted else None
    return {"label": name, "rows": true, "precision": precision, "recall": recall, "f1": f1}


def _regression(true: Floats, predicted: Floats, mean: float) -> dict[str, Any]:
    residuals = true - predicted
    quantiles = np.quantile(residuals, QUANTILES).tolist()
    return {
        "rows": len(true),
        **_errors(true, predicted),
        "residual_quantiles": {str(share): value for share, value in zip(QUANTILES, quantiles, strict=True)},
        "baseline": _errors(true, np.full(len(true), mean)),
    }


def _errors(true: Floats, predicted: Floats) -> dict[str, float | None]:
    """Return R² (1 - residual / total sum of squares; None for equal targets), MAE and RMSE."""
    residuals = true - predicted
    total = float(np.sum((true - true.mean()) ** 2))
    return {
        "r2": 1 - float(np.sum(residuals**2)) / total if total > 0 else None,
        "mae": float(np.abs(residuals).mean()),
        "rmse": float(np.sqrt(np.mean(residuals**2))),
    }
