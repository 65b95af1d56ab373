"""Write a trained model as an ONNX file: raw rows in, labels with probabilities or numbers out.

columns --encoders (float64)--> inputs --networks--> outputs --average (float64)--> answers
"""

import json
from typing import Any

import numpy as np

from engine.errors import MAX_PROBLEMS, PointedProblem
from engine.interchange.onnx.file import dump_onnx
from engine.interchange.onnx.graph import Graph, Nodes, Value
from engine.interchange.onnx.network import add_network
from tabular.preprocessing.onnx.columns import ColumnValues, add_port, column_values
from tabular.preprocessing.onnx.preprocessor import add_preprocessor
from tabular.reading import InputColumn
from tabular.trained_model.bag import Bag
from tabular.trained_model.onnx.answers import Asked, add_answers
from tabular.trained_model.onnx.intervals import add_level, uncertainty_of
from tabular.trained_model.trained_model import TrainedModel

FLOAT64 = np.dtype(np.float64)
DESCRIPTION = (
    "A model trained by Backprop. Inputs are the columns of a row, (rows, 1) each; docs/exports.md describes them."
)


class NoOnnxForm(Exception):
    """The model has no ONNX form. Pointers lead into the model."""

    def __init__(self, problems: list[PointedProblem]) -> None:
        self.problems = tuple(problems[:MAX_PROBLEMS])
        super().__init__("; ".join(problem.detail for problem in self.problems[:3]))


def export_onnx(model: TrainedModel, *, model_id: str) -> bytes:
    """Return the file. Equal models give equal bytes.

    Inputs are the columns that the model reads, (rows, 1) each: numbers as float64, everything else as text. For time
    series they are (rows, window): the window of each series, the oldest row first. Numbers are computed in float64
    except inside the networks, which have their own precision. The level of intervals is an input that may be left out.

    Raises:
        NoOnnxForm: with everything that has no ONNX form.
    """
    graph = Graph()
    nodes = Nodes(graph, FLOAT64)
    columns = _add_ports(nodes, model)
    level = add_level(nodes) if uncertainty_of(model) else None
    values = {column.name: column_values(nodes, column, model.reading) for column in columns}
    exposure = values[model.target.exposure].value if model.target.exposure else None
    add_answers(nodes, model, _average(nodes, model, values), Asked(exposure=exposure, level=level))
    if graph.problems:
        raise NoOnnxForm(list(dict.fromkeys(graph.problems)))
    return dump_onnx(graph, name=model_id, description=DESCRIPTION, metadata=_metadata(model))


def _add_ports(nodes: Nodes, model: TrainedModel) -> list[InputColumn]:
    """Add an input for each column that answers depend on, and return these columns."""
    columns = {column.name: column for bag in model.bags for column in bag.preprocessor.input_columns}
    if exposure := model.target.exposure:
        columns |= {column.name: column for column in model.input_columns if column.name == exposure}
    for column in columns.values():
        add_port(nodes, column, model.window)
    return list(columns.values())


def _average(nodes: Nodes, model: TrainedModel, columns: dict[str, ColumnValues]) -> Value:
    """Return the weighted mean of the bags' outputs, (n, *outputs) float64."""
    if len(model.bags) == 1:
        return _bag(nodes, model.bags[0], columns, model.window)
    used = [bag for bag in model.bags if bag.weight]
    return nodes.total(*(nodes.add("Mul", _bag(nodes, bag, columns, model.window), bag.weight) for bag in used))


def _bag(nodes: Nodes, bag: Bag, columns: dict[str, ColumnValues], window: int) -> Value:
    """Return the mean of the networks' outputs, (n, *outputs) float64."""
    x = add_preprocessor(bag.preprocessor, columns)
    if window > 1:
        x = nodes.add("Reshape", x, nodes.integers(-1, window * bag.preprocessor.width))
    x = nodes.cast(x, Nodes(nodes.graph, bag.dtype).element)
    each = [nodes.add("Cast", add_network(nodes.graph, network, x), to="double") for network in bag.networks]
    return nodes.add("Div", nodes.total(*each), float(len(each)))


def _metadata(model: TrainedModel) -> dict[str, str]:
    """Return what a program needs to know about the file, as texts."""
    targets: dict[str, Any] = {
        column.column: {"task": column.task, "classes": list(column.classes)} for column in model.target.columns
    }
    return {"targets": json.dumps(targets, ensure_ascii=False), "missing": "NaN for numbers, an empty text otherwise"}
