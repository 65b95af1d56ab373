"""How sure the answers of a model are: the intervals and label sets of all its target columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.preprocessing.target import TargetEncoder
from tabular.uncertainty.label_sets import LabelSets, evaluate_sets
from tabular.uncertainty.number_intervals import NumberIntervals, evaluate_intervals

Floats = npt.NDArray[np.float64]

NOT_NEGATIVE = frozenset({"poisson", "gamma", "tweedie"})  # losses of numbers from 0 up


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty:
    """What was learned about each target column, in their order, from rows that the network did not see."""

    columns: tuple[NumberIntervals | LabelSets, ...]

    @classmethod
    def fit(cls, target: TargetEncoder, truth: Floats, outputs: Floats) -> "Uncertainty":
        """Return what the true targets of unseen rows say about answers.

        Args:
            target: the encoder of the model.
            truth: true targets (n, columns): class numbers, or values in the columns' own units.
            outputs: final outputs (n, *outputs) of the model, as they are served.
        """
        parts = zip(target.columns, target.split_targets(truth), target.split_outputs(outputs), strict=True)
        return cls(columns=tuple(_fit_column(*part) for part in parts))

    def answers(self, target: TargetEncoder, outputs: Floats, level: float) -> list[dict[str, Any]]:
        """Return what each prediction gets beside its value or label, as JSON values.

        One column: {"interval": {"low", "high"}}, or {"set": [labels]} with the most likely first. Several columns:
        {"targets": {column: the same}}.

        Raises:
            LevelUnavailable: too few rows were held out for the level.
        """
        parts = zip(target.columns, self.columns, target.split_outputs(outputs), strict=True)
        return target.combine([_answer_column(*part, level) for part in parts])

    def to_json(self) -> list[dict[str, Any]]:
        """Return everything as JSON values, one object per target column."""
        return [column.to_json() for column in self.columns]

    @classmethod
    def from_json(cls, target: TargetEncoder, data: Sequence[dict[str, Any]]) -> "Uncertainty":
        """Read what `to_json` returned."""
        kinds = [NumberIntervals if column.task == "regression" else LabelSets for column in target.columns]
        return cls(columns=tuple(kind.from_json(each) for kind, each in zip(kinds, data, strict=True)))


def evaluate_uncertainty(target: TargetEncoder, truth: Floats, outputs: Floats) -> list[list[dict[str, Any]]]:
    """Return how often intervals or sets contain the truth, for each target column; see `evaluate_intervals`."""
    parts = zip(target.columns, target.split_targets(truth), target.split_outputs(outputs), strict=True)
    return [_evaluate_column(*part) for part in parts]


def _fit_column(column: ColumnTarget, truth: Floats, outputs: Floats) -> NumberIntervals | LabelSets:
    if column.task == "classification":
        return LabelSets.fit(class_probabilities(outputs), truth.astype(np.int64))
    return NumberIntervals.fit(outputs[:, column.middle], truth, _minimum(column))


def _evaluate_column(column: ColumnTarget, truth: Floats, outputs: Floats) -> list[dict[str, Any]]:
    if column.task == "classification":
        return evaluate_sets(class_probabilities(outputs), truth.astype(np.int64))
    return evaluate_intervals(outputs[:, column.middle], truth, _minimum(column))


def _answer_column(
    column: ColumnTarget, fitted: NumberIntervals | LabelSets, outputs: Floats, level: float
) -> list[dict[str, Any]]:
    if isinstance(fitted, NumberIntervals):
        low, high = fitted.at(outputs[:, column.middle], level)
        ends = zip(low.tolist(), high.tolist(), strict=True)
        return [{"interval": {"low": least, "high": most}} for least, most in ends]
    probabilities = class_probabilities(outputs)
    members, order = fitted.at(probabilities, level), np.argsort(-probabilities, axis=1, kind="stable")
    labels = np.array(column.classes, dtype=object)
    return [{"set": labels[ranked[inside[ranked]]].tolist()} for ranked, inside in zip(order, members, strict=True)]


def _minimum(column: ColumnTarget) -> float | None:
    return 0.0 if column.loss in NOT_NEGATIVE else None
