"""A preprocessor as ONNX nodes. `ENCODERS` is the registry: a new encoding adds one line."""

from collections.abc import Callable, Mapping
from typing import Any

from engine.interchange.onnx.graph import Value
from tabular.encodings import Encoding
from tabular.preprocessing.onnx import categories, numbers, times
from tabular.preprocessing.onnx.columns import ColumnValues
from tabular.preprocessing.preprocessor import FittedColumn, Preprocessor

FIX = "Train without this column, or with another encoding."


def add_preprocessor(preprocessor: Preprocessor, columns: Mapping[str, ColumnValues]) -> Value:
    """Return the inputs of networks, (n, width) float64.

    Encodings without an ONNX form are noted in the graph, and their inputs are left out.
    """
    inputs = [value for column in preprocessor.columns_by_input for value in _add_encoder(column, columns[column.name])]
    nodes = next(iter(columns.values())).nodes
    return nodes.add("Concat", *inputs, axis=1)


def _add_encoder(column: FittedColumn, values: ColumnValues) -> list[Value]:
    encoding = column.encoder.encoding
    add = ENCODERS.get(encoding)
    if add is not None:
        return add(column.encoder, values)
    detail = f"The encoding {encoding!r} of the column {column.name!r} has no ONNX form{NO_FORM.get(encoding, '')}."
    values.nodes.graph.refuse("preprocessing", "features", "columns", column.name, detail=f"{detail} {FIX}")
    return []


ENCODERS: dict[Encoding, Callable[[Any, ColumnValues], list[Value]]] = {
    "standardize": numbers.standardize,
    "robust": numbers.robust,
    "quantile": numbers.quantile,
    "numeric_embedding": numbers.numeric_embedding,
    "none": numbers.raw,
    "one_hot": categories.one_hot,
    "ordinal": categories.ordinal,
    "embedding": categories.embedding,
    "datetime": times.datetime,
    "cyclic": times.cyclic,
}
NO_FORM: dict[Encoding, str] = {
    "hashed_text": ": ONNX cannot compute the hash of a word",
}
