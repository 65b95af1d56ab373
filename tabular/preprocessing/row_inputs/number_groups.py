"""Number columns with the same encoding, encoded together."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.encoders.numeric import RawEncoder, StandardizeEncoder, clipped_raw, standardized
from tabular.preprocessing.encoders.piecewise import NumericEmbeddingEncoder, shares_below
from tabular.preprocessing.encoders.robust import RobustEncoder, clipped_distances
from tabular.preprocessing.preprocessor import FittedColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Placed = tuple[FittedColumn, int]  # a column, and the place of its first input

GROUPED = (StandardizeEncoder, RawEncoder, RobustEncoder, NumericEmbeddingEncoder)


class NumberGroup:
    """Columns with encoders of the same class, one of GROUPED. Arrays have a row for each column."""

    def __init__(self, columns: Sequence[Placed]) -> None:
        encoders: list[Any] = [column.encoder for column, _ in columns]
        self._names = [column.name for column, _ in columns]
        self._fills = _column([each.fill if hasattr(each, "fill") else each.median for each in encoders])
        used = [number for number, each in enumerate(encoders) if getattr(each, "unit", 1.0)]
        self._used = np.array(used, dtype=np.int64)
        self._places = np.array([columns[number][1] for number in used], dtype=np.int64)
        self._scale = _scale([encoders[number] for number in used])
        self._indicated = np.array([n for n, each in enumerate(encoders) if each.indicator], dtype=np.int64)
        ends = [start + column.encoder.width - 1 for column, start in columns]
        self._indicators = np.array([ends[number] for number in self._indicated], dtype=np.int64)
        self._bins = _Bins(columns) if any(getattr(each, "bins", 0) for each in encoders) else None

    def write(self, cells: Mapping[str, Sequence[Any]], x: Array) -> None:
        """Fill the columns' inputs of x: (n, width), zeros before."""
        given = np.array([cells[name] for name in self._names], dtype=np.float64)  # None becomes NaN
        missing = np.isnan(given)
        values = np.where(missing, self._fills, given)
        if self._used.size:
            x[:, self._places] = self._scale(values[self._used]).T
        if self._indicated.size:
            x[:, self._indicators] = missing[self._indicated].T
        if self._bins is not None:
            self._bins.write(values, x)


class _Bins:
    """The bins of all columns of a group, one after the other."""

    def __init__(self, columns: Sequence[Placed]) -> None:
        edges = [np.array(getattr(column.encoder, "edges", ())) for column, _ in columns]
        counts = [max(len(each) - 1, 0) for each in edges]
        self._column = np.repeat(np.arange(len(columns)), counts)
        self._low = _column(np.concatenate([each[:-1] for each in edges]).tolist())
        self._high = _column(np.concatenate([each[1:] for each in edges]).tolist())
        starts = zip((start for _, start in columns), counts, strict=True)
        self._places = np.concatenate([np.arange(start + 1, start + 1 + count) for start, count in starts])

    def write(self, values: Floats, x: Array) -> None:
        x[:, self._places] = shares_below(values[self._column], self._low, self._high).T


def _scale(encoders: Sequence[Any]) -> Callable[[Floats], Floats]:
    """Return the function from values (columns, n) without gaps to inputs."""
    if not encoders or isinstance(encoders[0], RawEncoder):
        return clipped_raw
    if isinstance(encoders[0], StandardizeEncoder):
        mean, stddev = _column([each.mean for each in encoders]), _column([each.stddev for each in encoders])
        logarithmic = np.array([each.scale == "log1p" for each in encoders])
        return lambda values: standardized(values, mean, stddev, logarithmic)
    median, unit = _column([each.median for each in encoders]), _column([each.unit for each in encoders])
    return lambda values: clipped_distances(values, median, unit)


def _column(numbers: Sequence[float]) -> Floats:
    return np.array(numbers, dtype=np.float64)[:, None]
