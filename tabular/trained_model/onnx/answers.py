"""From the averaged outputs of networks to answers, as ONNX nodes: units, limits, temperature, labels."""

import json
from collections.abc import Sequence

import numpy as np

from engine.interchange.onnx.graph import Nodes, Port, Value
from tabular.preprocessing.column_target import ColumnTarget
from tabular.trained_model.calibration import MIN_FIRST_PROBABILITY, MIN_PROBABILITY
from tabular.trained_model.trained_model import TrainedModel


def add_answers(nodes: Nodes, model: TrainedModel, raw: Value) -> None:
    """Add the answers as outputs of the graph. `raw`: (n, *outputs) float64, as from `TrainedModel.raw_outputs`."""
    columns = model.target.columns
    widths = [column.outputs for column in columns]
    flat = nodes.add("Reshape", raw, nodes.integers(-1, sum(widths)))
    parts = nodes.add_many("Split", [flat, nodes.integers(*widths)], len(widths), axis=1)
    temperatures = model.calibration.temperatures if model.calibration else (1.0,) * len(columns)
    for column, part, temperature in zip(columns, parts, temperatures, strict=True):
        prefix = f"{column.column}." if model.target.several else ""
        if column.task == "regression":
            _add_numbers(nodes, column, part, prefix)
        else:
            smallest = [MIN_PROBABILITY] * len(column.classes)
            if column.outputs == 1:
                smallest[0] = MIN_FIRST_PROBABILITY
            both = scale(nodes, probabilities(nodes, part, column.outputs), temperature, smallest)
            _add_classes(nodes, column, both, prefix)


def _add_numbers(nodes: Nodes, column: ColumnTarget, standardized: Value, prefix: str) -> None:
    """Add the value in the column's own units, and its quantiles if the network predicts them."""
    values = nodes.add("Add", nodes.add("Mul", standardized, column.stddev), column.mean)
    count = len(column.quantiles)
    if count:  # they may cross
        values, _ = nodes.add_many("TopK", [values, nodes.integers(count)], 2, axis=1, largest=0)
    if column.clamp is not None:
        values = nodes.add("Clip", values, *column.clamp)
    value = nodes.add("Gather", values, nodes.integers(column.middle).reshape(()), axis=1)
    text = f"The predicted {column.column}, in its own units."
    nodes.graph.output(value, Port(name=f"{prefix}value", element="double", shape=(), description=text))
    if count:
        text = f"Quantiles {', '.join(map(str, column.quantiles))} of {column.column}, in this order."
        nodes.graph.output(values, Port(name=f"{prefix}quantiles", element="double", shape=(count,), description=text))


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
