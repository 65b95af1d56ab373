"""Encoders for numbers as ONNX nodes. Each returns its inputs, (n, 1) or (n, k) float64, in order."""

import numpy as np

from engine.interchange.onnx.graph import Nodes, Value
from tabular.preprocessing.encoders.numeric import MAX_RAW, MAX_STANDARDIZED, RawEncoder, StandardizeEncoder
from tabular.preprocessing.encoders.piecewise import NumericEmbeddingEncoder
from tabular.preprocessing.encoders.robust import CLIP, MAX_UNCLIPPED, QuantileEncoder, RobustEncoder
from tabular.preprocessing.onnx.columns import ColumnValues


def standardize(encoder: StandardizeEncoder, column: ColumnValues) -> list[Value]:
    """Return (x - mean) / standard deviation, of log(1 + x) if the column has a long tail."""
    nodes, values = column.nodes, column.filled(encoder.fill)
    if encoder.scale == "log1p":
        values = nodes.add("Log", nodes.add("Add", nodes.add("Max", values, 0.0), 1.0))
    scaled = nodes.add("Div", nodes.add("Sub", values, encoder.mean), encoder.stddev)
    return [_clipped(nodes, scaled, MAX_STANDARDIZED), *_indicator(column, present=encoder.indicator)]


def raw(encoder: RawEncoder, column: ColumnValues) -> list[Value]:
    """Return the numbers."""
    values = _clipped(column.nodes, column.filled(encoder.fill), MAX_RAW)
    return [values, *_indicator(column, present=encoder.indicator)]


def robust(encoder: RobustEncoder, column: ColumnValues) -> list[Value]:
    """Return smoothly clipped distances from the median."""
    distances = clipped_distances(column.nodes, column.filled(encoder.median), encoder.median, encoder.unit)
    return [distances, *_indicator(column, present=encoder.indicator)]


def quantile(encoder: QuantileEncoder, column: ColumnValues) -> list[Value]:
    """Return the first score plus the part of each step between scores that lies below the number."""
    nodes, points = column.nodes, np.array(encoder.values) / 4  # quarters, so that no difference overflows
    if not encoder.values:
        scores = _zeros(column)
    else:
        quarters = nodes.add("Div", column.value, 4.0)
        below = _shares(nodes, quarters, points) if len(points) > 1 else _zeros(column)
        steps = np.diff(np.array(encoder.scores))[:, None] if len(points) > 1 else np.zeros((1, 1))
        found = nodes.add("Add", nodes.add("MatMul", below, steps), encoder.scores[0])
        scores = nodes.add("Where", column.missing, 0.0, found)
    return [scores, *_indicator(column, present=encoder.indicator)]


def numeric_embedding(encoder: NumericEmbeddingEncoder, column: ColumnValues) -> list[Value]:
    """Return the number as in `robust`, and the part of each bin that lies below it."""
    nodes, values = column.nodes, column.filled(encoder.median)
    inputs = [clipped_distances(nodes, values, encoder.median, encoder.unit)]
    if encoder.bins:
        inputs.append(_shares(nodes, nodes.add("Div", values, 4.0), np.array(encoder.edges) / 4))
    return [*inputs, *_indicator(column, present=encoder.indicator)]


def clipped_distances(nodes: Nodes, values: Value, median: float, unit: float) -> Value:
    """Return the distances (n, 1) from the median in units, smoothly clipped; 0 without a unit."""
    if not unit:
        return nodes.add("Mul", nodes.add("Clip", values, -1.0, 1.0), 0.0)
    halves = nodes.add("Sub", nodes.add("Div", values, 2.0), median / 2)  # so that no difference overflows
    distances = _clipped(nodes, nodes.add("Div", halves, unit / 2), MAX_UNCLIPPED)
    parts = nodes.add("Div", distances, CLIP)
    return nodes.add("Div", distances, nodes.add("Sqrt", nodes.add("Add", nodes.add("Mul", parts, parts), 1.0)))


def _shares(nodes: Nodes, values: Value, edges: np.ndarray) -> Value:
    """Return how much of each bin lies below the values, (n, bins) from 0 to 1."""
    shares = nodes.add("Div", nodes.add("Sub", values, edges[:-1]), np.diff(edges))
    return nodes.add("Clip", shares, 0.0, 1.0)


def _clipped(nodes: Nodes, values: Value, limit: float) -> Value:
    return nodes.add("Clip", values, -limit, limit)


def _zeros(column: ColumnValues) -> Value:
    return column.nodes.add("Mul", column.indicator(), 0.0)


def _indicator(column: ColumnValues, *, present: bool) -> list[Value]:
    return [column.indicator()] if present else []
