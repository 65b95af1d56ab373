"""Encoders for categories as ONNX nodes. Each returns its inputs, (n, 1) or (n, k) float64, in order."""

import numpy as np

from engine.interchange.onnx.graph import Value
from tabular.preprocessing.encoders.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.encoders.ordinal import OrdinalEncoder
from tabular.preprocessing.onnx.columns import ColumnValues

NO_INPUT = -1  # the number of a value that fills no input


def one_hot(encoder: OneHotEncoder, column: ColumnValues) -> list[Value]:
    """Return 1 in the input of the category; for two categories with one input, -1 or 1."""
    if not encoder.width:
        return []
    if encoder.signed:
        return _signed(encoder, column)
    nodes, known = column.nodes, len(encoder.categories)
    numbers = column.category_numbers(
        {category: number for number, category in enumerate(encoder.categories)},
        unknown=known if encoder.other else NO_INPUT,
        missing=known + encoder.other if encoder.missing else NO_INPUT,
    )
    is_input = nodes.add("Equal", numbers, np.arange(encoder.width, dtype=np.int64))
    return [nodes.add("Cast", is_input, to="double")]


def _signed(encoder: OneHotEncoder, column: ColumnValues) -> list[Value]:
    """Return -1 for the first of two categories, 1 for the second, and 0 for other values."""
    signs = column.category_numbers(dict(zip(encoder.categories, (-1, 1), strict=True)), unknown=0, missing=0)
    return [column.nodes.add("Cast", signs, to="double"), *([column.indicator()] if encoder.missing else [])]


def embedding(encoder: EmbeddingEncoder, column: ColumnValues) -> list[Value]:
    """Return the number by which the embedding layer looks up the category."""
    missing = len(encoder.categories) + 1 if encoder.missing else 0
    numbers = column.category_numbers(encoder.numbers, unknown=0, missing=missing)
    return [column.nodes.add("Cast", numbers, to="double")]


def ordinal(encoder: OrdinalEncoder, column: ColumnValues) -> list[Value]:
    """Return the position of the category, from -1 to 1; 0 for other values."""
    nodes, known = column.nodes, len(encoder.categories)
    steps = np.linspace(-1, 1, known) if known > 1 else np.zeros(1)
    numbers = column.category_numbers(
        {category: number for number, category in enumerate(encoder.categories)}, unknown=known, missing=known
    )
    positions = nodes.add("Gather", np.append(steps, 0.0), numbers)
    return [positions, *([column.indicator()] if encoder.indicator else [])]
