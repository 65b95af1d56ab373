"""One column to predict: to training targets, and from the network's outputs back to answers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.spec import HuberSpec, LossName, MeanAbsoluteErrorSpec, QuantileSpec, SingleLossSpec, TweedieSpec
from engine.spec.losses import BY_NAME, ClassificationLoss, DevianceLoss, RegressionLoss
from tabular.preprocessing.survival import BaselineHazard, is_censored, signed_times
from tabular.spec import Task
from tabular.statistics import center_and_spread, mean_and_stddev
from tabular.table import Table, TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


MAX_ROBUST = 1_000  # standard deviations: losses that grow linearly learn the same from it as from larger targets
ROBUST = (MeanAbsoluteErrorSpec, HuberSpec, QuantileSpec)  # losses that an outlier does not dominate


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnTarget:
    """What a network learns to predict about a column.

    Classification: `classes` as written in the file. Two classes are one output, the probability of the second,
    unless the loss has an output for each.
    Regression: the network learns (value - mean) / stddev, with the mean and standard deviation of the training rows.
    With losses for counts and amounts, such as Poisson, it learns logarithms of value / stddev: `stddev` is the mean of
    the training rows then, and `mean` is 0. `power`: of such a loss, if it is not that of its name. `quantiles`: one
    output for each. `clamp`: the lowest and the highest answer, in the column's own units; None: no limits.
    `exposure`: the column of what the value belongs to, such as years; the network learns value / exposure. Times with
    the loss cox: the network learns log relative risks, `censored` is the column of times whose event was not seen, and
    `hazard` turns risks into times once the network is trained.
    """

    column: str
    task: Task
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    stddev: float = 1.0
    loss: LossName | None = None  # stored for numbers, and for two classes with an output each
    quantiles: tuple[float, ...] = ()
    clamp: tuple[float, float] | None = None
    power: float | None = None
    exposure: str | None = None
    censored: str | None = None
    hazard: BaselineHazard | None = None

    @classmethod
    def fit_number(
        cls, name: str, column: TableColumn, rows: Index, loss: SingleLossSpec, *, clamped: bool = False
    ) -> "ColumnTarget":
        """Learn the scale of a number column from `rows`, the training rows, as the loss wants it.

        `clamped`: answers stay within the range of these rows.
        """
        mean, stddev = mean_and_stddev(column.values[rows])
        match loss.scaling if isinstance(loss, RegressionLoss) else "none":
            case "by_mean":
                mean, stddev = 0.0, mean
            case "none":
                mean, stddev = 0.0, 1.0
            case "standardize" if isinstance(loss, ROBUST):
                mean, stddev = center_and_spread(column.values[rows])
        return cls(
            column=name,
            task="regression",
            mean=mean,
            stddev=stddev or 1.0,
            loss=loss.type,
            quantiles=loss.quantiles if isinstance(loss, QuantileSpec) else (),
            power=loss.power if isinstance(loss, TweedieSpec) else None,
            clamp=_range(column.values[rows]) if clamped and loss.type != "cox" else None,
        )

    @classmethod
    def of_classes(cls, name: str, classes: tuple[str, ...], loss: SingleLossSpec) -> "ColumnTarget":
        """Return the target of a column with these classes."""
        two_outputs = len(classes) == 2 and isinstance(loss, ClassificationLoss) and loss.output_per_class
        return cls(column=name, task="classification", classes=classes, loss=loss.type if two_outputs else None)

    @property
    def outputs(self) -> int:
        """The number of outputs for this column."""
        if self.task == "regression":
            return max(len(self.quantiles), 1)
        return 1 if len(self.classes) <= 2 and self.loss is None else len(self.classes)

    @property
    def loss_scale(self) -> float:
        """Factor from the network's loss to the column's own units, squared for a squared loss; 1 for classes."""
        spec = self.number_loss
        return float(self.stddev ** (spec.unit_power if spec else 2))

    @property
    def number_loss(self) -> RegressionLoss | None:
        """The loss of a number column, without options that say nothing about units."""
        spec = (TweedieSpec(power=self.power) if self.power else BY_NAME[self.loss]()) if self.loss else None
        return spec if isinstance(spec, RegressionLoss) else None

    @property
    def is_logarithm(self) -> bool:
        """Whether the network's last layer gives logarithms of the values."""
        return self.variance_power is not None

    @property
    def variance_power(self) -> float | None:
        """The power of the mean that the variance of counts and amounts is; None for other losses."""
        spec = self.number_loss
        return spec.variance_power if isinstance(spec, DevianceLoss) else None

    @property
    def middle(self) -> int:
        """The output that is the prediction: the only one, or that of the quantile closest to the median."""
        return min(range(self.outputs), key=lambda index: abs(self.quantiles[index] - 0.5)) if self.quantiles else 0

    def transform(self, column: TableColumn, dtype: npt.DTypeLike) -> Array:
        """Return y of rows that have a value.

        (n,) int64 class numbers; (n,) 0 or 1 of `dtype` for one output; (n, 1) standardized of `dtype` for numbers.

        Raises:
            KeyError: a label is not one of the classes.
        """
        if self.loss == "cox":  # whose mean and unit are those of the risk
            return column.values[:, None].astype(dtype)
        if self.task == "regression":
            scaled = (column.values[:, None].astype(np.float64) - self.mean) / self.stddev
            if isinstance(self.number_loss, ROBUST):
                scaled = scaled.clip(-MAX_ROBUST, MAX_ROBUST)
            return scaled.astype(dtype)
        codes, labels = class_codes(column)
        numbers = {label: number for number, label in enumerate(self.classes)}
        y = np.array([numbers[label] for label in labels], dtype=np.int64)[codes]
        return y.astype(dtype) if self.outputs == 1 else y

    def truth(self, column: TableColumn) -> Floats:
        """Return the true targets of rows that have a value, (n,): class numbers, or values in the column's own units.

        Raises:
            KeyError: a label is not one of the classes.
        """
        if self.task == "regression":
            return column.values.astype(np.float64)
        return self.transform(column, np.float64).astype(np.float64)

    def transform_rows(self, table: Table, rows: Index, dtype: npt.DTypeLike) -> Array:
        """Return y of rows that have a value, as `transform`; per unit of exposure; with events (n, 2) for times."""
        y = self.transform(table.columns[self.column].take(rows), dtype)
        if self.exposure:
            y = (y / exposures(table.columns[self.exposure].take(rows))[:, None]).astype(dtype)
        if self.loss == "cox":
            y = np.column_stack([y, self._is_event(table, rows)]).astype(dtype)
        return y

    def truth_of_rows(self, table: Table, rows: Index) -> Floats:
        """Return the true targets of rows, as `truth`; of times until an event, as `signed_times`."""
        values = self.truth(table.columns[self.column].take(rows))
        return signed_times(values, self._is_event(table, rows)) if self.loss == "cox" else values

    def _is_event(self, table: Table, rows: Index) -> npt.NDArray[np.bool_]:
        if self.censored is None:
            return np.ones(len(rows), dtype=bool)
        return ~is_censored(table.columns[self.censored].take(rows))

    def with_hazard(self, risk: Floats, targets: Array, weights: Floats) -> "ColumnTarget":
        """Return the target of a trained network, which predicts times.

        `risk`: its outputs for the training rows, (n,), whose mean becomes 0. `targets`: (n, 2) as it learned them.
        """
        mean = float(risk.mean())
        return replace(self, mean=-mean, hazard=BaselineHazard.fit(risk - mean, targets, weights))

    def in_units(self, values: Array) -> Floats:
        """Return outputs of a network that learned standardized values in the column's own units, in float64."""
        return values.astype(np.float64) * self.stddev + self.mean

    def finish(self, outputs: Array) -> Floats:
        """Return the final values (n, outputs): numbers in the column's own units, quantiles in order, and clamped.

        Classes keep their probabilities.
        """
        if self.task == "classification":
            return outputs.astype(np.float64)
        values = self.in_units(outputs)
        if self.quantiles:
            values.sort(axis=1)  # quantiles may cross
        return values if self.clamp is None else np.clip(values, *self.clamp, out=values)

    def without_units(self) -> "ColumnTarget":
        """Return the target for a network whose weights already contain the column's units."""
        return replace(self, mean=0.0, stddev=1.0)

    def decode(self, outputs: Array) -> list[dict[str, Any]]:
        """Return one answer per row of finished outputs (n, outputs): probabilities, or values."""
        if self.task == "regression":
            return self._decode_values(outputs)
        probabilities = class_probabilities(outputs)
        best = probabilities.argmax(axis=1)
        return [
            {"label": self.classes[number], "probabilities": dict(zip(self.classes, row, strict=True))}
            for number, row in zip(best.tolist(), probabilities.tolist(), strict=True)
        ]

    def _decode_values(self, values: Floats) -> list[dict[str, Any]]:
        if self.hazard:
            return self.hazard.answers(values[:, 0])
        answers: list[dict[str, Any]] = [{"value": value} for value in values[:, self.middle].tolist()]
        if self.quantiles:
            names = [str(quantile) for quantile in self.quantiles]
            for answer, row in zip(answers, values.tolist(), strict=True):
                answer["quantiles"] = dict(zip(names, row, strict=True))
        return answers

    def to_json(self) -> dict[str, Any]:
        """Return everything that was learned, as JSON values."""
        data: dict[str, Any] = {"column": self.column, "task": self.task}
        if self.task == "classification":
            return data | {"classes": list(self.classes)} | ({"loss": self.loss} if self.loss else {})
        data |= {"mean": self.mean, "stddev": self.stddev, "loss": self.loss}
        data |= {"clamp": list(self.clamp)} if self.clamp else {}
        optional = {"power": self.power, "exposure": self.exposure, "censored": self.censored}
        data |= {name: value for name, value in optional.items() if value is not None}
        data |= {"hazard": self.hazard.to_json()} if self.hazard else {}
        return data | ({"quantiles": list(self.quantiles)} if self.quantiles else {})

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "ColumnTarget":
        """Read what `to_json` wrote."""
        clamp = {"clamp": (data["clamp"][0], data["clamp"][1])} if data.get("clamp") else {}
        hazard = {"hazard": BaselineHazard.from_json(data["hazard"])} if data.get("hazard") else {}
        return cls(**(data | {name: tuple(data.get(name, ())) for name in ("classes", "quantiles")} | clamp | hazard))


def _range(values: Array) -> tuple[float, float] | None:
    return (float(values.min()), float(values.max())) if values.size else None


def exposures(column: TableColumn) -> Floats:
    """Return the exposure of each row, (n,); 1 where it is missing.

    Raises:
        ValueError: an exposure is not a finite number above 0.
    """
    values = np.where(column.missing, 1.0, column.values.astype(np.float64))
    if not (np.isfinite(values) & (values > 0)).all():
        raise ValueError("every exposure must be a finite number above 0")
    return values


def exposure_weights(column: TableColumn, loss: SingleLossSpec) -> Floats:
    """Return weights (n,) with which rates have the loss of the values themselves.

    The deviance of y and e m is e^(2 - p) times that of y / e and m, with the power p of the variance.
    """
    power = loss.unit_power if isinstance(loss, RegressionLoss) else 0
    return np.asarray(exposures(column) ** power)


def class_probabilities(outputs: Array) -> Floats:
    """Return (n, classes) from (n, outputs): one output is the probability of the second of two classes."""
    probabilities = outputs.astype(np.float64)
    if probabilities.shape[1] > 1:
        return probabilities
    return np.concatenate([1 - probabilities, probabilities], axis=1)


def class_codes(column: TableColumn) -> tuple[Array, tuple[str, ...]]:
    """Return codes (n,) and the labels that they index: strings sorted by code point, numbers by size."""
    used, codes = np.unique(column.values[~column.missing], return_inverse=True)
    if column.kind == "label":
        return _with_missing(codes, column), tuple(column.labels[number] for number in used)
    return _with_missing(codes, column), _number_labels(used.tolist())


def _with_missing(codes: Array, column: TableColumn) -> Array:
    """Return the codes of all rows (n,), -1 where the value is missing."""
    all_codes = np.full(len(column.missing), -1, dtype=np.int64)
    all_codes[~column.missing] = codes
    return all_codes


def _number_labels(numbers: Sequence[float | int]) -> tuple[str, ...]:
    return tuple(repr(number) for number in numbers)
