"""The answers of a model for many rows as columns of a table, where `TrainedModel.answers` has an object for each row.

A column is named like the field of a prediction, with dots: "label", "probabilities.yes", "interval.low". The columns
have the same values as the fields.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.column_target import ColumnTarget, class_probabilities
from tabular.table import TableColumn
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.label_sets import LabelSets
from tabular.uncertainty.number_intervals import NumberIntervals

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Named = Iterator[tuple[str, TableColumn]]


def answer_columns(model: TrainedModel, outputs: Floats, interval: float | None = None) -> dict[str, TableColumn]:
    """Return the answers for final outputs (n, *outputs) as columns of n values.

    `interval`: how often intervals and label sets have to contain the truth; None for answers without them.

    Raises:
        LevelUnavailable: too few rows were held out for the level.
    """
    target = model.target
    fitted: Sequence[NumberIntervals | LabelSets | None] = [None] * len(target.columns)
    if interval is not None and model.uncertainty is not None:
        fitted = model.uncertainty.columns
    columns = dict[str, TableColumn]()
    for column, part, certainty in zip(target.columns, target.split_outputs(outputs), fitted, strict=True):
        prefix = f"targets.{column.column}." if target.several else ""
        columns |= {prefix + name: values for name, values in _answers(column, part)}
        if certainty is not None and interval is not None:
            columns |= {prefix + name: values for name, values in _ranges(column, certainty, part, interval)}
    return columns


def answer_names(model: TrainedModel, interval: float | None = None) -> list[str]:
    """Return the names of the columns. Raises `LevelUnavailable`."""
    shape = model.target.outputs if isinstance(model.target.outputs, tuple) else (model.target.outputs,)
    return list(answer_columns(model, np.zeros((1, *shape)), interval))


def _answers(column: ColumnTarget, outputs: Floats) -> Named:
    if column.task == "classification":
        probabilities = class_probabilities(outputs)
        yield "label", _labels(probabilities.argmax(axis=1).astype(np.int32), column.classes)
        for label, values in zip(column.classes, probabilities.T, strict=True):
            yield f"probabilities.{label}", _numbers(values)
    elif column.hazard:
        yield from _times(column.hazard.answers(outputs[:, 0]))
    else:
        yield "value", _numbers(outputs[:, column.middle])
        for quantile, values in zip(column.quantiles, outputs.T, strict=False):
            yield f"quantiles.{quantile}", _numbers(values)


def _times(answers: Sequence[dict[str, Any]]) -> Named:
    """Yield the median time, the relative risk, and the probability to survive each of some times."""
    for name in ("value", "relative_risk"):
        yield name, _numbers(np.array([answer[name] for answer in answers], dtype=np.float64))
    for place, point in enumerate(answers[0]["survival"]):
        probabilities = [answer["survival"][place]["probability"] for answer in answers]
        yield f"survival.{point['time']:g}", _numbers(np.array(probabilities))


def _ranges(column: ColumnTarget, fitted: NumberIntervals | LabelSets, outputs: Floats, level: float) -> Named:
    """Yield the ends of the intervals, or the label sets as JSON arrays, the most likely label first."""
    if isinstance(fitted, NumberIntervals):
        for end, values in zip(("low", "high"), fitted.at(outputs[:, column.middle], level), strict=True):
            yield f"interval.{end}", _numbers(values)
        return
    probabilities = class_probabilities(outputs)
    members, order = fitted.at(probabilities, level), np.argsort(-probabilities, axis=1, kind="stable")
    ranked = np.where(np.take_along_axis(members, order, axis=1), order, -1)
    kinds, codes = np.unique(ranked, axis=0, return_inverse=True)
    sets = [[column.classes[number] for number in kind if number >= 0] for kind in kinds.tolist()]
    texts = tuple(json.dumps(labels, ensure_ascii=False) for labels in sets)
    yield "set", _labels(codes.reshape(-1).astype(np.int32), texts)


def _numbers(values: Array) -> TableColumn:
    return TableColumn(kind="number", values=values, missing=np.isnan(values))


def _labels(codes: npt.NDArray[np.int32], labels: tuple[str, ...]) -> TableColumn:
    return TableColumn(kind="label", values=codes, missing=np.zeros(len(codes), dtype=np.bool_), labels=labels)
