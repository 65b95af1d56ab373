"""The column to predict: to training targets, and from a network's outputs back to answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.encoders import moments
from tabular.plan import Plan
from tabular.spec import Task
from tabular.table import Table, TableColumn

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]
State = dict[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEncoder:
    """What a network learns to answer.

    Classification: `classes`, as they stand in the file; two of them are one output, the probability of the
    second. Regression: the network learns (target - mean) / stddev of the training rows.
    """

    column: str
    task: Task
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    stddev: float = 1.0

    @classmethod
    def fit(cls, table: Table, plan: Plan, row_index: Index) -> "TargetEncoder":
        """Learn classes from all rows that have a target, mean and deviation from `row_index`, the training rows."""
        column = table.columns[plan.target]
        if plan.task == "classification":
            return cls(column=plan.target, task=plan.task, classes=_classes(column)[1])
        mean, stddev = moments(column.values[row_index])
        return cls(column=plan.target, task=plan.task, mean=mean, stddev=stddev or 1.0)

    @property
    def outputs(self) -> int:
        """Outputs of the network."""
        return len(self.classes) if len(self.classes) > 2 else 1

    @property
    def loss_scale(self) -> float:
        """Factor from the network's loss to the target's own units (squared): 1 for classes."""
        return self.stddev**2

    @property
    def error_scale(self) -> float:
        """Factor from the network's errors (mae, rmse) to the target's own units: 1 for classes."""
        return self.stddev

    def transform(self, table: Table, row_index: Index, *, dtype: npt.DTypeLike = np.float32) -> Array:
        """Return y of rows that have a target.

        (n,) int64 class numbers; (n,) 0 or 1 of `dtype` for two classes; (n, 1) standardised of `dtype`.
        """
        column = table.columns[self.column].take(row_index)
        if self.task == "regression":
            return ((column.values[:, None] - self.mean) / self.stddev).astype(dtype)
        codes, labels = _classes(column)
        places = {label: place for place, label in enumerate(self.classes)}
        y = np.array([places[label] for label in labels], dtype=np.int64)[codes]
        return y.astype(dtype) if self.outputs == 1 else y

    def fold_into(self, state: State) -> State:
        """Return weights with which the raw network answers in the target's own units."""
        return self._rescale(state, self.stddev, self.mean)

    def unfold(self, state: State) -> State:
        """Return weights with which the network answers standardised: the inverse of `fold_into`."""
        return self._rescale(state, 1 / self.stddev, -self.mean / self.stddev)

    def _rescale(self, state: State, factor: float, shift: float) -> State:
        """Map the output layer's answer y to factor * y + shift: W, b become factor * W, factor * b + shift."""
        if self.task == "classification":
            return dict(state)
        last = max(int(name.split(".")[0]) for name in state)
        weight, bias = state[f"{last}.weight"], state[f"{last}.bias"]
        return state | {
            f"{last}.weight": (weight.astype(np.float64) * factor).astype(weight.dtype),
            f"{last}.bias": (bias.astype(np.float64) * factor + shift).astype(bias.dtype),
        }

    def decode(self, outputs: Array) -> list[dict[str, Any]]:
        """Return one prediction per row of outputs (n, outputs): probabilities, or values in the target's units."""
        if self.task == "regression":
            return [{"value": float(value)} for value in outputs[:, 0]]
        probabilities = class_probabilities(outputs)
        best = probabilities.argmax(axis=1)
        return [
            {"label": self.classes[place], "probabilities": dict(zip(self.classes, row, strict=True))}
            for place, row in zip(best.tolist(), probabilities.tolist(), strict=True)
        ]

    def to_json(self) -> dict[str, Any]:
        """Return everything learned, as JSON values."""
        data: dict[str, Any] = {"column": self.column, "task": self.task}
        if self.task == "classification":
            return data | {"classes": list(self.classes)}
        return data | {"mean": self.mean, "stddev": self.stddev}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "TargetEncoder":
        """Read what `to_json` wrote."""
        return cls(**(data | {"classes": tuple(data.get("classes", ()))}))


def labelled_rows(table: Table, target: str) -> Index:
    """Return the rows that have a target, in order."""
    return np.flatnonzero(~table.columns[target].missing)


def strata(table: Table, plan: Plan, rows: Index) -> Array:
    """Return what a split should balance between its parts: class numbers (n,), or the numbers themselves."""
    column = table.columns[plan.target].take(rows)
    return _classes(column)[0] if plan.task == "classification" else column.values


def class_probabilities(outputs: Array) -> npt.NDArray[np.float64]:
    """Return (n, classes) from (n, outputs): one output is the probability of the second of two classes."""
    probabilities = outputs.astype(np.float64)
    if probabilities.shape[1] > 1:
        return probabilities
    return np.concatenate([1 - probabilities, probabilities], axis=1)


def _classes(column: TableColumn) -> tuple[Array, tuple[str, ...]]:
    """Return class places (n,) and labels in order: strings by code point, numbers by size."""
    if column.kind == "label":
        used, codes = np.unique(column.values[~column.missing], return_inverse=True)
        return _spread(codes, column), tuple(column.labels[place] for place in used)
    numbers, codes = np.unique(column.values[~column.missing], return_inverse=True)
    return _spread(codes, column), _number_labels(numbers.tolist())


def _spread(codes: Array, column: TableColumn) -> Array:
    places = np.full(len(column.missing), -1, dtype=np.int64)
    places[~column.missing] = codes
    return places


def _number_labels(numbers: Sequence[float | int]) -> tuple[str, ...]:
    return tuple(repr(number) for number in numbers)
