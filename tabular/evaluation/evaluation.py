"""Compare a model's predictions on held-out rows with the truth and with a baseline that needs no network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.evaluation.baseline import class_shares
from tabular.evaluation.classification import evaluate_classes, log_loss
from tabular.evaluation.regression import errors, evaluate_numbers
from tabular.evaluation.survival import evaluate_times, time_concordance
from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder

Floats = npt.NDArray[np.float64]

AVERAGED = ("accuracy", "r2")  # metrics that have the same meaning for all columns


def evaluate(
    target: TargetEncoder, training_truth: Floats, truth: Floats, outputs: Floats, weights: Floats | None = None
) -> dict[str, Any]:
    """Return the metrics on held-out rows, as JSON values.

    Each row counts once. With `weights`, `weighted_scores` has the main metrics of rows that count by their weights.

    For several columns: `targets` has the metrics of each. Over all of them there are the means of `accuracy` and
    `r2`, and `all_right`, the share of rows in which every class is right.

    Args:
        target: the encoder of the model.
        training_truth: true targets of the training rows, (n, columns), for the baseline: each class as often as
            there, or always the mean.
        truth: true targets as `target.truth` returns them, (n, columns).
        outputs: (n, *outputs) of the model, as `TrainedModel.outputs` returns them: probabilities, or values in the
            targets' own units.
        weights: the sample weights of the rows, (n,); None if all rows count the same.

    Raises:
        ValueError: there are no rows.
    """
    if not len(truth):
        raise ValueError("there are no rows to evaluate on")
    parts = [
        _ColumnResults(*each, weights)
        for each in zip(
            target.columns,
            target.split_targets(training_truth),
            target.split_targets(truth),
            target.split_outputs(outputs),
            strict=True,
        )
    ]
    if not target.several:
        return _evaluate_column(parts[0])
    metrics = {part.column.column: _evaluate_column(part) for part in parts}
    return {"rows": len(truth), **_evaluate_all(parts, list(metrics.values())), "targets": metrics}


def main_scores(target: TargetEncoder, truth: Floats, outputs: Floats) -> dict[str, Any]:
    """Return the few scores of `evaluate` that are shown for each fold, without a baseline or curves."""
    parts = [
        _ColumnResults(column, true, true, predicted, None)
        for column, true, predicted in zip(
            target.columns, target.split_targets(truth), target.split_outputs(outputs), strict=True
        )
    ]
    each = [_main_scores(part) for part in parts]
    if not target.several:
        return {"rows": len(truth), **each[0]}
    found = {name: _mean(scores.get(name) for scores in each) for name in AVERAGED}
    classes = [part for part in parts if part.column.task == "classification"]
    if classes:
        found["all_right"] = _share_all_right(classes, [part.probabilities.argmax(axis=1) for part in classes])
    return {"rows": len(truth), **_without_none(found)}


@dataclass(frozen=True, slots=True)
class _ColumnResults:
    """The arrays of one column: true targets (n,) and outputs (n, its outputs)."""

    column: ColumnTarget
    training_truth: Floats
    truth: Floats
    outputs: Floats
    weights: Floats | None

    @property
    def class_shares(self) -> Floats:
        """How often each class occurs in the training rows, (classes,)."""
        return class_shares(self.training_truth, len(self.column.classes))

    @property
    def probabilities(self) -> Floats:
        """The predicted probability of each class, (n, classes)."""
        return class_probabilities(self.outputs)


def _evaluate_column(part: _ColumnResults) -> dict[str, Any]:
    if part.column.loss == "cox":
        return evaluate_times(part.truth, part.outputs[:, 0], part.weights)
    if part.column.task == "regression":
        found = evaluate_numbers(part.column, part.training_truth, part.truth, part.outputs)
        return found if part.weights is None else {**found, "weighted_scores": _weighted_errors(part, part.weights)}
    probabilities, y = part.probabilities, part.truth.astype(np.int64)
    found = evaluate_classes(part.column.classes, y, probabilities, part.class_shares)
    if part.weights is not None:
        right = probabilities.argmax(axis=1) == y
        accuracy = float(np.average(right, weights=part.weights))
        found["weighted_scores"] = {"accuracy": accuracy, "log_loss": log_loss(y, probabilities, part.weights)}
    return found


def _main_scores(part: _ColumnResults) -> dict[str, float | None]:
    if part.column.loss == "cox":
        return {"concordance": time_concordance(part.truth, part.outputs[:, 0])}
    if part.column.task == "regression":
        found = errors(part.truth, part.outputs[:, part.column.middle])
        return {name: found[name] for name in ("r2", "mae", "rmse")}
    y = part.truth.astype(np.int64)
    right = part.probabilities.argmax(axis=1) == y
    return {"accuracy": float(np.mean(right)), "log_loss": log_loss(y, part.probabilities)}


def _weighted_errors(part: _ColumnResults, weights: Floats) -> dict[str, float | None]:
    return errors(part.truth, part.outputs[:, part.column.middle], weights)


def _evaluate_all(parts: Sequence[_ColumnResults], metrics: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the means over the columns that have a metric, and how often all classes are right."""
    found = {name: _mean(each.get(name) for each in metrics) for name in AVERAGED}
    baseline = {name: _mean(each["baseline"].get(name) for each in metrics) for name in AVERAGED}
    classes = [part for part in parts if part.column.task == "classification"]
    if classes:
        predicted = [part.probabilities.argmax(axis=1) for part in classes]
        found["all_right"] = _share_all_right(classes, predicted)
        baseline["all_right"] = _share_all_right(classes, [part.class_shares.argmax() for part in classes])
    return {**_without_none(found), "baseline": _without_none(baseline)}


def _share_all_right(parts: Sequence[_ColumnResults], predicted: Sequence[Any]) -> float:
    right = [part.truth == numbers for part, numbers in zip(parts, predicted, strict=True)]
    return float(np.mean(np.logical_and.reduce(right)))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _without_none(values: dict[str, float | None]) -> dict[str, float]:
    return {name: value for name, value in values.items() if value is not None}
