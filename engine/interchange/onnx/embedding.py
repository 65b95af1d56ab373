"""Layers that look up vectors, or add them: embeddings of categories and numbers, positions."""

import math

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.embedding.column_embedding import ColumnEmbedding
from engine.layers.embedding.embedding import Embedding
from engine.layers.embedding.periodic_embedding import PeriodicEmbedding
from engine.layers.embedding.positional_encoding import LearnedPositions, SinusoidalPositions, sinusoids

QUARTER_TURN = math.pi / 2


def embedding(nodes: Nodes, layer: Embedding, x: Value) -> Value:
    """Return W[x] for whole numbers x, which count as the nearest in the vocabulary."""
    known = nodes.add("Min", nodes.add("Max", x, 0.0), float(layer.vocabulary - 1))
    return nodes.add("Gather", layer.W.copy(), nodes.add("Cast", known, to="int64"))


def column_embedding(nodes: Nodes, layer: ColumnEmbedding, x: Value) -> Value:
    """Return the vectors of embedded columns among the other columns, in the order of the columns."""
    parts, start = list[Value](), 0
    for column, table in zip(layer.columns, layer.tables, strict=True):
        parts += _columns(nodes, x, start, column)
        number = nodes.add("Gather", x, nodes.integers(column).reshape(()), axis=1)
        parts.append(embedding(nodes, table, number))
        start = column + 1
    parts += _columns(nodes, x, start, layer.inputs)
    return nodes.add("Concat", *parts, axis=1)


def _columns(nodes: Nodes, x: Value, start: int, stop: int) -> list[Value]:
    """Return the columns from `start` to `stop`; nothing if there are none."""
    if start == stop:
        return []
    return [nodes.add("Slice", x, nodes.integers(start), nodes.integers(stop), nodes.integers(1))]


def periodic_embedding(nodes: Nodes, layer: PeriodicEmbedding, x: Value) -> Value:
    """Return x, and the weighted sums of the waves of some columns."""
    numbers = nodes.add("Gather", x, nodes.integers(*layer.columns.tolist()), axis=1)
    angles = nodes.add("Mul", nodes.add("Reshape", numbers, nodes.integers(-1, layer.count, 1)), layer.f.copy())
    waves = nodes.add("Sin", nodes.add("Add", angles, layer.p + QUARTER_TURN))  # not every runtime has a double Cos
    by_column = nodes.add("Reshape", waves, nodes.integers(-1, layer.count, 1, layer.frequencies))
    sums = nodes.add("MatMul", by_column, layer.V.transpose(0, 2, 1).copy())
    return nodes.add("Concat", x, nodes.add("Reshape", sums, nodes.integers(-1, layer.count * layer.size)), axis=1)


def sinusoidal_positions(nodes: Nodes, layer: SinusoidalPositions, x: Value) -> Value:
    """Return x plus the sines and cosines of each time step."""
    return nodes.add("Add", x, sinusoids(*layer.input_shape))


def learned_positions(nodes: Nodes, layer: LearnedPositions, x: Value) -> Value:
    """Return x plus the learned vector of each time step."""
    return nodes.add("Add", x, layer.table.copy())
