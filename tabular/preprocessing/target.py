"""All columns to predict: to training targets, and from the network's outputs back to answers."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.preprocessing.column_target import ColumnTarget, class_codes, exposures
from tabular.table import Table

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
State = dict[str, Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEncoder:
    """The columns to predict, in the order of the network's outputs.

    `outputs`: the number of outputs; or (time steps, outputs) if each time step of a sequence answers for one column.
    Answers for several columns have the columns' names.
    """

    columns: tuple[ColumnTarget, ...]
    outputs: int | tuple[int, int]

    @classmethod
    def fit(cls, table: Table, plan: Plan, row_index: Index) -> "TargetEncoder":
        """Learn classes from all rows, means and standard deviations from `row_index`, the training rows."""
        columns = list[ColumnTarget]()
        for part in plan.parts:
            column = table.columns[part.column]
            if part.task == "regression":
                clamped = plan.training.clamp_predictions
                fitted = ColumnTarget.fit_number(part.column, column, row_index, part.loss, clamped=clamped)
                columns.append(_with_outcome_columns(fitted, table, plan, row_index))
            else:
                found = class_codes(column)[1]
                if part.classes and (unknown := sorted(set(found) - set(part.classes))):
                    raise ValueError(f"{part.column!r} has the classes {', '.join(unknown)}, which the order lacks")
                classes = part.classes or found
                columns.append(ColumnTarget.of_classes(part.column, classes, part.loss))
        if plan.targets:
            return cls(columns=tuple(columns), outputs=plan.outputs)
        return cls.of(columns[0])

    @classmethod
    def of(cls, column: ColumnTarget) -> "TargetEncoder":
        """Return the encoder of one column."""
        return cls(columns=(column,), outputs=column.outputs)

    @property
    def several(self) -> bool:
        """Whether there is more than one column, so that answers have names."""
        return len(self.columns) > 1

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of all columns; empty if they differ and for numbers."""
        sets = {column.classes for column in self.columns}
        return next(iter(sets)) if len(sets) == 1 else ()

    @property
    def loss_scale(self) -> float:
        """Factor from the network's loss to the target's own units; 1 for classes and for several columns."""
        return 1.0 if self.several else self.columns[0].loss_scale

    @property
    def error_scale(self) -> float:
        """Factor from the network's errors (mae, rmse) to the target's own units; 1 for classes and several columns."""
        return 1.0 if self.several else self.columns[0].stddev

    def transform(self, table: Table, row_index: Index, *, dtype: npt.DTypeLike = np.float32) -> Array:
        """Return y of rows that have all targets.

        One column: (n,) int64 class numbers; (n,) 0 or 1 of `dtype` for one output; (n, 1) standardized of `dtype`.
        Several: (n, columns) of `dtype`, classes as their numbers; int64 for classes per time step.
        """
        each = [column.transform_rows(table, row_index, dtype) for column in self.columns]
        if not self.several:
            return each[0]
        classes_per_step = isinstance(self.outputs, tuple) and self.outputs[1] > 1
        common = np.int64 if classes_per_step else dtype
        return np.stack([y.reshape(-1) for y in each], axis=1, dtype=common, casting="unsafe")

    def truth(self, table: Table, row_index: Index) -> Floats:
        """Return the true targets (n, columns) of rows that have all: class numbers, or values in their own units.

        Raises:
            KeyError: a row has a class that the encoder does not know.
        """
        each = [column.truth_of_rows(table, row_index) for column in self.columns]
        return np.stack(each, axis=1)

    @property
    def exposure(self) -> str | None:
        """The column of exposures; only a single target has one."""
        return self.columns[0].exposure

    @property
    def is_survival(self) -> bool:
        """Whether the target is the time until an event."""
        return self.columns[0].loss == "cox"

    def with_exposure(self, outputs: Floats, table: Table, rows: Index | None = None) -> Floats:
        """Return outputs (n, *outputs) for the exposure of each row, from those for an exposure of 1.

        Raises:
            ValueError: an exposure is not a finite number above 0.
        """
        if self.exposure is None or self.exposure not in table.columns:
            return outputs
        column = table.columns[self.exposure].take(rows)
        return outputs * exposures(column).reshape(-1, *[1] * (outputs.ndim - 1))

    @property
    def has_numbers(self) -> bool:
        """Whether a column is a number, so that the networks' outputs have units."""
        return any(column.task == "regression" for column in self.columns)

    def fold_into(self, state: State) -> State:
        """Return weights of a network with which it predicts in the targets' own units itself."""
        factor, shift = self._units()
        return self._rescale(state, factor, shift)

    def unfold(self, state: State) -> State:
        """Return weights with which the network predicts standardized values: the inverse of `fold_into`."""
        factor, shift = self._units()
        return self._rescale(state, 1 / factor, -shift / factor)

    @property
    def _widths(self) -> list[int]:
        """The number of outputs of each column."""
        return [column.outputs for column in self.columns]

    def _units(self) -> tuple[Array, Array]:
        """Return the standard deviation and the mean of each output's column, (outputs,) each."""
        widths = self._widths
        factor, shift = ([getattr(column, name) for column in self.columns] for name in ("stddev", "mean"))
        return np.repeat(factor, widths), np.repeat(shift, widths)

    def _rescale(self, state: State, factor: Array, shift: Array) -> State:
        """Change the output layer so that y becomes factor * y + shift: W to factor * W, b to factor * b + shift.

        Outputs that are logarithms become those of factor * y: W stays, b becomes b + log(factor).
        """
        if not self.has_numbers:
            return dict(state)
        name = output_layer_of(state)
        logarithms = np.repeat([column.is_logarithm for column in self.columns], self._widths)
        shift = np.where(logarithms, np.log(factor), shift)
        factor = np.where(logarithms, 1.0, factor)
        weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
        return state | {
            f"{name}.weight": (weight.astype(np.float64) * factor[:, None]).astype(weight.dtype),
            f"{name}.bias": (bias.astype(np.float64) * factor + shift).astype(bias.dtype),
        }

    def split_targets(self, y: Array) -> list[Array]:
        """Return each column's part (n,) of `y` as `transform` or `truth` makes it."""
        return list(y.reshape(len(y), -1).T)

    def split_outputs(self, outputs: Array) -> list[Array]:
        """Return each column's part (n, its outputs) of what the network predicts."""
        flat = outputs.reshape(len(outputs), -1)
        ends = itertools.accumulate((column.outputs for column in self.columns), initial=0)
        return [flat[:, start:end] for start, end in itertools.pairwise(ends)]

    def finish(self, outputs: Array) -> Floats:
        """Return final values for what a network predicts (n, *outputs): numbers in their own units, in float64."""
        parts = [column.finish(part) for column, part in zip(self.columns, self.split_outputs(outputs), strict=True)]
        return (parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)).reshape(outputs.shape)

    def renamed(self, plan: Plan) -> "TargetEncoder":
        """Return the encoder for a single target with the names of `plan`; several columns keep theirs.

        The data set that a model is fine-tuned on may have other names.
        """
        if self.several:
            return self
        column = replace(self.columns[0], column=plan.parts[0].column, exposure=plan.exposure, censored=plan.censored)
        return TargetEncoder(columns=(column,), outputs=self.outputs)

    def without_units(self) -> "TargetEncoder":
        """Return the encoder for a network whose weights already contain the targets' units."""
        return replace(self, columns=tuple(column.without_units() for column in self.columns))

    def decode(self, outputs: Array) -> list[dict[str, Any]]:
        """Return one prediction per row of finished outputs (n, *outputs).

        One column: {"label", "probabilities"}, or {"value"} in its own units, with "quantiles" for a quantile loss.
        Several: {"targets": {column: the same}}.
        """
        each = zip(self.columns, self.split_outputs(outputs), strict=True)
        return self.combine([column.decode(part) for column, part in each])

    def combine(self, each: Sequence[list[dict[str, Any]]]) -> list[dict[str, Any]]:
        """Return one object per row from those of each column. Several columns: {"targets": {column: object}}."""
        if not self.several:
            return each[0]
        names = [column.column for column in self.columns]
        return [{"targets": dict(zip(names, row, strict=True))} for row in zip(*each, strict=True)]

    def to_json(self) -> dict[str, Any]:
        """Return everything that was learned, as JSON values."""
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


def _with_outcome_columns(column: ColumnTarget, table: Table, plan: Plan, rows: Index) -> ColumnTarget:
    """Return the target with its columns of exposure and censoring, and the scale of values per unit of exposure."""
    if plan.exposure is None:
        return replace(column, censored=plan.censored)
    mean = float(exposures(table.columns[plan.exposure].take(rows)).mean())
    return replace(column, exposure=plan.exposure, stddev=column.stddev / mean)


def output_layer_of(state: State) -> str:
    """Return the name of the last layer of a network with these weights."""
    return str(max(int(name.split(".")[0]) for name in state))
