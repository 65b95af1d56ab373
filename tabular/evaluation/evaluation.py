"""How good a network's answers are on rows it has not learned from, beside what needs no network at all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

SMALLEST = 1e-15  # a probability of 0 for what then happens would cost infinitely much
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def evaluate(target: TargetEncoder, training_y: Array, y: Array, outputs: Array) -> dict[str, Any]:
    """Return quality on held-back rows, as JSON values.

    Of several columns: under `targets` the quality of each, and over all of them the means of `accuracy` and of
    `r2`, and `all_right`, the share of rows of which every class is right.

    Args:
        target: the encoder that made `y`.
        training_y: targets of the training rows, from which the naive baseline is taken: each class as often as
            there, or always the mean.
        y: true targets as `target.transform` gives them.
        outputs: (n, *outputs) of `predict` on the same scale: probabilities, or standardised values.

    Raises:
        ValueError: there are no rows.
    """
    if not len(y):
        raise ValueError("there are no rows to evaluate on")
    parts = [
        _Part(column, *arrays)
        for column, *arrays in zip(
            target.columns,
            target.each_targets(training_y),
            target.each_targets(y),
            target.each_outputs(outputs),
            strict=True,
        )
    ]
    if not target.several:
        return _quality(parts[0])
    each = {part.column.column: _quality(part) for part in parts}
    return {"rows": len(y), **_overall(parts, list(each.values())), "targets": each}


@dataclass(frozen=True, slots=True)
class _Part:
    """What belongs to one column: targets (n,), and outputs (n, its outputs)."""

    column: ColumnTarget
    training_y: Array
    y: Array
    outputs: Array


def _quality(part: _Part) -> dict[str, Any]:
    if part.column.task == "regression":
        return _regression(part)
    classes = part.column.classes
    places = part.y.astype(np.int64)
    return _classification(classes, places, class_probabilities(part.outputs), _shares(part))


def _shares(part: _Part) -> Floats:
    """Return how often each class stands in the training rows, (classes,)."""
    counts = np.bincount(part.training_y.astype(np.int64), minlength=len(part.column.classes))
    return counts / len(part.training_y)


def _overall(parts: Sequence[_Part], qualities: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the means over the columns that have a metric, and how often all classes are right."""
    found = {metric: _mean(quality.get(metric) for quality in qualities) for metric in ("accuracy", "r2")}
    naive = {metric: _mean(quality["baseline"].get(metric) for quality in qualities) for metric in ("accuracy", "r2")}
    classes = [part for part in parts if part.column.task == "classification"]
    if classes:
        chosen = [class_probabilities(part.outputs).argmax(axis=1) for part in classes]
        found["all_right"] = _all_right(classes, chosen)
        naive["all_right"] = _all_right(classes, [_shares(part).argmax() for part in classes])
    return {**_known(found), "baseline": _known(naive)}


def _all_right(parts: Sequence[_Part], chosen: Sequence[Any]) -> float:
    right = [part.y == places for part, places in zip(parts, chosen, strict=True)]
    return float(np.mean(np.logical_and.reduce(right)))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _known(values: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}


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


def _regression(part: _Part) -> dict[str, Any]:
    column = part.column
    true, known = column.in_units(part.y), column.in_units(part.training_y)
    outputs = column.in_units(part.outputs)
    mean = np.full(len(true), known.mean())
    baseline = _errors(true, mean)
    residuals = true - outputs[:, column.middle]
    quantiles = np.quantile(residuals, QUANTILES).tolist()
    found: dict[str, Any] = {
        "rows": len(true),
        **_errors(true, outputs[:, column.middle]),
        "residual_quantiles": {str(share): value for share, value in zip(QUANTILES, quantiles, strict=True)},
        "baseline": baseline,
    }
    if column.loss == "poisson":
        found["poisson_deviance"] = _poisson_deviance(true, outputs[:, 0])
        baseline["poisson_deviance"] = _poisson_deviance(true, mean)
    if column.quantiles:
        covered = (true[:, None] <= np.sort(outputs, axis=1)).mean(axis=0).tolist()
        found["coverage"] = {str(level): share for level, share in zip(column.quantiles, covered, strict=True)}
    return found


def _poisson_deviance(counts: Floats, rates: Floats) -> float:
    """Return the mean of 2 (y log(y / rate) - y + rate) (McCullagh and Nelder, 1989, section 2.3)."""
    rates = np.maximum(rates, SMALLEST)
    logarithms = counts * np.log(np.where(counts > 0, counts, 1) / np.where(counts > 0, rates, 1))
    return float(2 * np.mean(logarithms - counts + rates))


def _errors(true: Floats, predicted: Floats) -> dict[str, float | None]:
    """Return R² (1 - residual / total sum of squares; None for equal targets), MAE and RMSE."""
    residuals = true - predicted
    total = float(np.sum((true - true.mean()) ** 2))
    return {
        "r2": 1 - float(np.sum(residuals**2)) / total if total > 0 else None,
        "mae": float(np.abs(residuals).mean()),
        "rmse": float(np.sqrt(np.mean(residuals**2))),
    }
