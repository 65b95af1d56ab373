"""From the averaged outputs of networks to answers, as ONNX nodes: units, limits, exposure, temperature, labels."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.interchange.onnx.graph import Nodes, Port, Value
from tabular.preprocessing.column_target import ColumnTarget
from tabular.trained_model.calibration import MIN_FIRST_PROBABILITY, MIN_PROBABILITY
from tabular.trained_model.onnx.intervals import add_interval, label_sets
from tabular.trained_model.onnx.survival import add_survival
from tabular.trained_model.trained_model import TrainedModel
from tabular.uncertainty.label_sets import LabelSets
from tabular.uncertainty.number_intervals import NumberIntervals


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a program sends beside the columns of the networks.

    exposure: the exposure of each row, (n, 1); None if the model has none.
    level: of intervals and label sets, (1,); None if the model has none.
    """

    exposure: Value | None
    level: Value | None


def add_answers(nodes: Nodes, model: TrainedModel, raw: Value, asked: Asked) -> None:
    """Add the answers as outputs of the graph. `raw`: (n, *outputs) float64, as from `TrainedModel.raw_outputs`."""
    columns = model.target.columns
    widths = [column.outputs for column in columns]
    flat = nodes.add("Reshape", raw, nodes.integers(-1, sum(widths)))
    parts = nodes.add_many("Split", [flat, nodes.integers(*widths)], len(widths), axis=1)
    temperatures = model.calibration.temperatures if model.calibration else (1.0,) * len(columns)
    fitted = model.uncertainty.columns if asked.level and model.uncertainty else (None,) * len(columns)
    for column, part, temperature, uncertainty in zip(columns, parts, temperatures, fitted, strict=True):
        prefix = f"{column.column}." if model.target.several else ""
        if column.hazard is not None:
            add_survival(nodes, column.hazard, _in_units(nodes, column, part))
        elif column.task == "regression":
            value = _add_numbers(nodes, column, part, asked.exposure, prefix)
            if asked.level and isinstance(uncertainty, NumberIntervals):
                add_interval(nodes, uncertainty, value, asked.level, prefix)
        else:
            both = _calibrated(nodes, column, part, temperature)
            _add_classes(nodes, column, both, prefix)
            if asked.level and isinstance(uncertainty, LabelSets):
                count = len(column.classes)
                members = label_sets(nodes, uncertainty, both, count, asked.level)
                text = "Whether each class is in the set of labels, in the order of the probabilities."
                nodes.graph.output(members, Port(name=f"{prefix}set", element="bool", shape=(count,), description=text))


def _in_units(nodes: Nodes, column: ColumnTarget, standardized: Value) -> Value:
    return nodes.add("Add", nodes.add("Mul", standardized, column.stddev), column.mean)


def _add_numbers(nodes: Nodes, column: ColumnTarget, part: Value, exposure: Value | None, prefix: str) -> Value:
    """Add the value in the column's own units, and its quantiles if the network predicts them. Return the value, (n,).

    The value is for the exposure of the row; NaN if that is not a finite number above 0.
    """
    values = _in_units(nodes, column, part)
    count = len(column.quantiles)
    if count:  # they may cross
        values, _ = nodes.add_many("TopK", [values, nodes.integers(count)], 2, axis=1, largest=0)
    if column.clamp is not None:
        values = nodes.add("Clip", values, *column.clamp)
    if exposure is not None:
        values = nodes.add("Mul", values, _valid_exposure(nodes, exposure))
    value = nodes.add("Gather", values, nodes.integers(column.middle).reshape(()), axis=1)
    text = f"The predicted {column.column}, in its own units."
    nodes.graph.output(value, Port(name=f"{prefix}value", element="double", shape=(), description=text))
    if count:
        text = f"Quantiles {', '.join(map(str, column.quantiles))} of {column.column}, in this order."
        nodes.graph.output(values, Port(name=f"{prefix}quantiles", element="double", shape=(count,), description=text))
    return value


def _valid_exposure(nodes: Nodes, exposure: Value) -> Value:
    """Return the exposures (n, 1): 1 where they are missing (NaN), NaN where they are not finite numbers above 0."""
    is_valid = nodes.add("And", nodes.add("Greater", exposure, 0.0), nodes.add("Less", exposure, np.inf))
    found = nodes.add("Where", is_valid, exposure, np.nan)
    return nodes.add("Where", nodes.add("IsNaN", exposure), 1.0, found)


def _calibrated(nodes: Nodes, column: ColumnTarget, part: Value, temperature: float) -> Value:
    """Return the probabilities of all classes, (n, classes)."""
    smallest = [MIN_PROBABILITY] * len(column.classes)
    if column.outputs == 1:
        smallest[0] = MIN_FIRST_PROBABILITY
    return scale(nodes, probabilities(nodes, part, column.outputs), temperature, smallest)


def _add_classes(nodes: Nodes, column: ColumnTarget, both: Value, prefix: str) -> None:
    """Add the most probable label, and the probability of each class."""
    best = nodes.add("ArgMax", both, axis=1, keepdims=0)
    label = nodes.add("Gather", np.array(column.classes, np.object_), best)
    text = f"The most probable {column.column}."
    nodes.graph.output(label, Port(name=f"{prefix}label", element="string", shape=(), description=text))
    text = f"The probability of each {column.column}, in this order: {json.dumps(column.classes, ensure_ascii=False)}"
    shape = (len(column.classes),)
    nodes.graph.output(both, Port(name=f"{prefix}probabilities", element="double", shape=shape, description=text))


def probabilities(nodes: Nodes, outputs: Value, width: int) -> Value:
    """Return (n, classes) from (n, width): one output is the probability of the second of two classes."""
    if width > 1:
        return outputs
    return nodes.add("Concat", nodes.add("Sub", 1.0, outputs), outputs, axis=1)


def scale(nodes: Nodes, both: Value, temperature: float, smallest: Sequence[float]) -> Value:
    """Return softmax(log(p) / temperature) for p: (n, classes); smaller probabilities count as the `smallest` ones."""
    if temperature == 1.0:
        return both
    logarithms = nodes.add("Log", nodes.add("Max", both, np.array(smallest)))
    return nodes.add("Softmax", nodes.add("Div", logarithms, temperature), axis=1)
