"""What is to be predicted, one column or several: to training targets, and from outputs back to answers."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.preprocessing.column_target import ColumnTarget, classes_of
from tabular.table import Table

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]
State = dict[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEncoder:
    """The columns to predict, in the order of a network's outputs, which `outputs` gives the shape of.

    A number of outputs, side by side; or (moments, outputs): an answer at each moment of a sequence, for one column
    each. Several columns are answered under their names.
    """

    columns: tuple[ColumnTarget, ...]
    outputs: int | tuple[int, int]

    @classmethod
    def fit(cls, table: Table, plan: Plan, row_index: Index) -> "TargetEncoder":
        """Learn classes from all rows that have a target, mean and deviation from `row_index`, the training rows."""
        columns = list[ColumnTarget]()
        for part in plan.parts:
            column = table.columns[part.column]
            if part.task == "regression":
                columns.append(ColumnTarget.fit(part.column, column, row_index, part.loss))
            else:
                classes = part.classes or classes_of(column)[1]
                columns.append(ColumnTarget(column=part.column, task=part.task, classes=classes))
        if plan.targets:
            return cls(columns=tuple(columns), outputs=plan.outputs)
        return cls.of(columns[0])

    @classmethod
    def of(cls, column: ColumnTarget) -> "TargetEncoder":
        """Return the encoder of one column."""
        return cls(columns=(column,), outputs=column.outputs)

    @property
    def several(self) -> bool:
        """Whether answers have names."""
        return len(self.columns) > 1

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of all columns, none if they differ or for numbers."""
        sets = {column.classes for column in self.columns}
        return next(iter(sets)) if len(sets) == 1 else ()

    @property
    def loss_scale(self) -> float:
        """Factor from the network's loss to the target's own units: 1 for classes, and for several columns."""
        return 1.0 if self.several else self.columns[0].loss_scale

    @property
    def error_scale(self) -> float:
        """Factor from the network's errors (mae, rmse) to the target's own units: 1 as above."""
        return 1.0 if self.several else self.columns[0].stddev

    def transform(self, table: Table, row_index: Index, *, dtype: npt.DTypeLike = np.float32) -> Array:
        """Return y of rows that have all targets.

        One column: (n,) int64 class numbers; (n,) 0 or 1 of `dtype` for two classes; (n, 1) standardised of `dtype`.
        Several: (n, columns) of `dtype`, classes as their numbers; int64 for classes at moments.
        """
        each = [column.transform(table.columns[column.column].take(row_index), dtype) for column in self.columns]
        if not self.several:
            return each[0]
        moments = isinstance(self.outputs, tuple) and self.outputs[1] > 1
        return np.stack([y.reshape(-1) for y in each], axis=1, dtype=np.int64 if moments else dtype, casting="unsafe")

    def fold_into(self, state: State) -> State:
        """Return weights with which the raw network answers in the targets' own units."""
        factor, shift = self._units()
        return self._rescale(state, factor, shift)

    def unfold(self, state: State) -> State:
        """Return weights with which the network answers standardised: the inverse of `fold_into`."""
        factor, shift = self._units()
        return self._rescale(state, 1 / factor, -shift / factor)

    def _units(self) -> tuple[Array, Array]:
        """Return deviation and mean of each output's column, (outputs,) each."""
        widths = [column.outputs for column in self.columns]
        factor, shift = ([getattr(column, name) for column in self.columns] for name in ("stddev", "mean"))
        return np.repeat(factor, widths), np.repeat(shift, widths)

    def _rescale(self, state: State, factor: Array, shift: Array) -> State:
        """Map the output layer's answer y to factor * y + shift: W, b become factor * W, factor * b + shift."""
        if all(column.task == "classification" for column in self.columns):
            return dict(state)
        last = max(int(name.split(".")[0]) for name in state)
        weight, bias = state[f"{last}.weight"], state[f"{last}.bias"]
        return state | {
            f"{last}.weight": (weight.astype(np.float64) * factor[:, None]).astype(weight.dtype),
            f"{last}.bias": (bias.astype(np.float64) * factor + shift).astype(bias.dtype),
        }

    def each_targets(self, y: Array) -> list[Array]:
        """Return each column's part of `y` as `transform` makes it, (n,)."""
        return list(y.reshape(len(y), -1).T)

    def each_outputs(self, outputs: Array) -> list[Array]:
        """Return each column's part of what the network predicts, (n, its outputs)."""
        flat = outputs.reshape(len(outputs), -1)
        borders = itertools.accumulate((column.outputs for column in self.columns), initial=0)
        return [flat[:, start:end] for start, end in itertools.pairwise(borders)]

    def decode(self, outputs: Array) -> list[dict[str, Any]]:
        """Return one prediction per row of what the network predicts, (n, *outputs).

        One column: {"label", "probabilities"}, or {"value"} in its own units, with {"quantiles"} if there are such.
        Several: {"targets": {column: the same}}.
        """
        each = zip(self.columns, self.each_outputs(outputs), strict=True)
        answers = [column.decode(part) for column, part in each]
        if not self.several:
            return answers[0]
        names = [column.column for column in self.columns]
        return [{"targets": dict(zip(names, row, strict=True))} for row in zip(*answers, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """Return everything learned, as JSON values."""
        if not self.several:
            return self.columns[0].to_json()
        outputs = self.outputs if isinstance(self.outputs, int) else list(self.outputs)
        return {"targets": [column.to_json() for column in self.columns], "outputs": outputs}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "TargetEncoder":
        """Read what `to_json` wrote."""
        if "targets" not in data:
            return cls.of(ColumnTarget.from_json(data))
        columns, outputs = tuple(map(ColumnTarget.from_json, data["targets"])), data["outputs"]
        return cls(columns=columns, outputs=outputs if isinstance(outputs, int) else (outputs[0], outputs[1]))


def labelled_rows(table: Table, target: str | Sequence[str]) -> Index:
    """Return the rows that have a target, all of them if there are several, in order."""
    names = (target,) if isinstance(target, str) else target
    missing = [table.columns[name].missing for name in names]
    return np.flatnonzero(~np.logical_or.reduce(missing))


def strata(table: Table, plan: Plan, rows: Index) -> Array:
    """Return what a split should balance between its parts: class numbers (n,), or numbers of which nothing follows."""
    if not isinstance(plan.target, str):
        return rows
    column = table.columns[plan.target].take(rows)
    return classes_of(column)[0] if plan.task == "classification" else column.values
