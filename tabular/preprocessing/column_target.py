"""One column to predict: to training targets, and from its outputs of a network back to answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.spec import LossName, QuantileSpec, SingleLossSpec
from tabular.spec import Task
from tabular.statistics import mean_and_stddev
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTarget:
    """What a network learns to answer about a column.

    Classification: `classes`, as they stand in the file; two of them are one output, the probability of the
    second. Regression: the network learns (value - mean) / stddev, with the mean and deviation of the training
    rows; under a Poisson loss the logarithms of values as they are. `quantiles`: an output for each.
    """

    column: str
    task: Task
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    stddev: float = 1.0
    loss: LossName = "mean_squared_error"  # of numbers
    quantiles: tuple[float, ...] = ()

    @classmethod
    def fit(cls, name: str, column: TableColumn, rows: Index, loss: SingleLossSpec) -> "ColumnTarget":
        """Learn mean and deviation of a number column from `rows`, the training rows."""
        mean, stddev = (0.0, 1.0) if loss.type == "poisson" else mean_and_stddev(column.values[rows])
        quantiles = loss.quantiles if isinstance(loss, QuantileSpec) else ()
        return cls(column=name, task="regression", mean=mean, stddev=stddev or 1.0, loss=loss.type, quantiles=quantiles)

    @property
    def outputs(self) -> int:
        """Outputs of the network for this column."""
        if self.task == "regression":
            return max(len(self.quantiles), 1)
        return len(self.classes) if len(self.classes) > 2 else 1

    @property
    def loss_scale(self) -> float:
        """Factor from the network's loss to the column's own units, squared for squares: 1 for classes."""
        return self.stddev if self.loss in {"mean_absolute_error", "quantile"} else self.stddev * self.stddev

    @property
    def middle(self) -> int:
        """The output that is the answer if one is asked for: of the quantile next to the median."""
        return min(range(self.outputs), key=lambda place: abs(self.quantiles[place] - 0.5)) if self.quantiles else 0

    def transform(self, column: TableColumn, dtype: npt.DTypeLike) -> Array:
        """Return y of rows that have a value.

        (n,) int64 class numbers; (n,) 0 or 1 of `dtype` for two classes; (n, 1) standardised of `dtype`.

        Raises:
            KeyError: a label is none of the classes.
        """
        if self.task == "regression":
            return ((column.values[:, None] - self.mean) / self.stddev).astype(dtype)
        codes, labels = classes_of(column)
        places = {label: place for place, label in enumerate(self.classes)}
        y = np.array([places[label] for label in labels], dtype=np.int64)[codes]
        return y.astype(dtype) if self.outputs == 1 else y

    def in_units(self, values: Array) -> Floats:
        """Return targets, or outputs of a network that learned them, in the column's own units."""
        return values.astype(np.float64) * self.stddev + self.mean

    def decode(self, outputs: Array) -> list[dict[str, Any]]:
        """Return one answer per row of outputs (n, outputs): probabilities, or values in the column's units."""
        if self.task == "regression":
            return self._values(np.sort(outputs.astype(np.float64), axis=1))  # quantiles may cross
        probabilities = class_probabilities(outputs)
        best = probabilities.argmax(axis=1)
        return [
            {"label": self.classes[place], "probabilities": dict(zip(self.classes, row, strict=True))}
            for place, row in zip(best.tolist(), probabilities.tolist(), strict=True)
        ]

    def _values(self, values: Floats) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = [{"value": value} for value in values[:, self.middle].tolist()]
        if self.quantiles:
            names = [str(quantile) for quantile in self.quantiles]
            for answer, row in zip(answers, values.tolist(), strict=True):
                answer["quantiles"] = dict(zip(names, row, strict=True))
        return answers

    def to_json(self) -> dict[str, Any]:
        """Return everything learned, as JSON values."""
        data: dict[str, Any] = {"column": self.column, "task": self.task}
        if self.task == "classification":
            return data | {"classes": list(self.classes)}
        data |= {"mean": self.mean, "stddev": self.stddev, "loss": self.loss}
        return data | ({"quantiles": list(self.quantiles)} if self.quantiles else {})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ColumnTarget":
        """Read what `to_json` wrote."""
        return cls(**(data | {name: tuple(data.get(name, ())) for name in ("classes", "quantiles")}))


def class_probabilities(outputs: Array) -> Floats:
    """Return (n, classes) from (n, outputs): one output is the probability of the second of two classes."""
    probabilities = outputs.astype(np.float64)
    if probabilities.shape[1] > 1:
        return probabilities
    return np.concatenate([1 - probabilities, probabilities], axis=1)


def classes_of(column: TableColumn) -> tuple[Array, tuple[str, ...]]:
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
