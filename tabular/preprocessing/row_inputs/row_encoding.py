"""The inputs of rows sent for prediction, for several columns at a time.

Arrays of one number cost most of the time of a prediction of one row. So numbers of all columns with the same encoding
are encoded together, and categories are looked up one by one. Inputs are the same bits as `Preprocessor.transform`
makes them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.encoders.categorical import EmbeddingEncoder, OneHotEncoder
from tabular.preprocessing.preprocessor import FittedColumn, Preprocessor
from tabular.preprocessing.row_inputs.number_groups import GROUPED, NumberGroup
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Cell = float | int | str | None
Cells = Mapping[str, Sequence[Cell]]
ToColumn = Callable[[str, Sequence[Cell]], TableColumn]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Lookup:
    """A column of categories: which input each value fills, and with which number; None: the value fills none.

    `unknown`: for values that `filled` lacks.
    """

    name: str
    filled: Mapping[Cell, tuple[int, float] | None]
    unknown: tuple[int, float] | None


class RowEncoding:
    """Makes the inputs of a fitted preprocessor of the values of rows. `to_column` makes an array of a column."""

    def __init__(self, preprocessor: Preprocessor, to_column: ToColumn) -> None:
        self._width = preprocessor.width
        self._to_column = to_column
        self._lookups = list[_Lookup]()
        self._others = list[tuple[FittedColumn, slice]]()
        grouped: dict[type, list[tuple[FittedColumn, int]]] = {}
        start = 0
        for column in preprocessor.columns_by_input:
            if column.type == "number" and isinstance(column.encoder, GROUPED):
                grouped.setdefault(type(column.encoder), []).append((column, start))
            elif column.type != "number" and isinstance(column.encoder, OneHotEncoder | EmbeddingEncoder):
                self._lookups.append(_lookup(column, start))
            else:
                self._others.append((column, slice(start, start + column.encoder.width)))
            start += column.encoder.width
        self._groups = [NumberGroup(columns) for columns in grouped.values()]

    def inputs(self, cells: Cells, rows: int, dtype: npt.DTypeLike) -> Array:
        """Return x: (rows, width)."""
        x = np.zeros((rows, self._width), dtype=dtype)
        for group in self._groups:
            group.write(cells, x)
        for lookup in self._lookups:
            for row, cell in enumerate(cells[lookup.name]):
                if found := lookup.filled.get(cell, lookup.unknown):
                    x[row, found[0]] = found[1]
        for column, places in self._others:
            column.encoder.write(self._to_column(column.name, cells[column.name]), x[:, places])
        return x


def _lookup(column: FittedColumn, start: int) -> _Lookup:
    encoder = column.encoder
    if isinstance(encoder, EmbeddingEncoder):
        filled: dict[Cell, tuple[int, float] | None] = {name: (start, float(n)) for name, n in encoder.numbers.items()}
        if encoder.missing:
            filled[None] = (start, len(encoder.categories) + 1.0)
        return _Lookup(name=column.name, filled=filled, unknown=None)
    assert isinstance(encoder, OneHotEncoder)  # noqa: S101 - for the type checker
    if encoder.signed:
        filled = {name: (start, sign) for name, sign in zip(encoder.categories, (-1.0, 1.0), strict=True)}
    else:
        filled = {name: (start + place, 1.0) for place, name in enumerate(encoder.categories)}
    unknown = (start + len(encoder.categories), 1.0) if encoder.other else None  # never with one signed input
    filled[None] = (start + encoder.width - 1, 1.0) if encoder.missing else None
    return _Lookup(name=column.name, filled=filled, unknown=unknown)
