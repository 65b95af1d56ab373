"""Table columns from values, and the inputs that an encoder makes of them."""

import numpy as np

from tabular.preprocessing.encoders.registry import Encoder
from tabular.table import TableColumn


def numbers(*values: float | None) -> TableColumn:
    """Return a number column; None is missing."""
    missing = np.array([value is None for value in values])
    return TableColumn(kind="number", values=np.array([value or 0.0 for value in values]), missing=missing)


def labels(*values: str | None) -> TableColumn:
    """Return a column of labels; None is missing."""
    names = tuple(sorted({value for value in values if value}))
    codes = np.array([names.index(value) if value else -1 for value in values], dtype=np.int32)
    return TableColumn(kind="label", values=codes, missing=codes < 0, labels=names)


def encode(encoder: Encoder, column: TableColumn) -> np.ndarray:
    """Return the inputs (n, width) that the encoder makes of a column."""
    out = np.zeros((len(column.values), encoder.width))
    encoder.write(column, out)
    return out
