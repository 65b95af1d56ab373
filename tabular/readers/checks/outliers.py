"""Warn about single numbers that would ruin the scaling of their column, and about numbers that mean "no value"."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.profile import Column, DataWarning
from tabular.readers.checks.cells import first_row, known_numbers
from tabular.readers.reading_warnings import counted
from tabular.statistics import mean_and_stddev

Array = npt.NDArray[Any]
MIN_ROWS = 20
MAX_SHARE = 0.001  # of the values, at least 1 on each side, that count as extreme
MIN_INFLATION = 5.0  # of the standard deviation by the extreme values
MIN_REPEATS = 2  # of a number that means "no value"
CELLS_AT_ONCE = 4_000_000  # 32 MB in memory
PLACEHOLDERS = frozenset(sign * (10**digits - 1) for digits in range(2, 8) for sign in (1, -1))  # 99, -999, 9999, ...


def outliers(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: int) -> Iterator[DataWarning]:
    """Yield a warning for each number column with extreme values; read only columns whose minimum or maximum is far."""
    suspects = [place for place, column in enumerate(columns) if _is_suspect(column, rows)]
    step = max(1, CELLS_AT_ONCE // max(1, rows))
    for start in range(0, len(suspects), step):
        group = suspects[start : start + step]
        for place, values in zip(group, known_numbers(connection, group), strict=True):
            yield from _column_warnings(connection, place, columns[place], np.sort(values))


def _column_warnings(
    connection: duckdb.DuckDBPyConnection, place: int, column: Column, known: Array
) -> Iterator[DataWarning]:
    if placeholder := _placeholder(known):
        yield _placeholder_warning(column, *placeholder)
    elif (value := extreme_value(known)) is not None:
        yield _outlier_warning(column, value, first_row(connection, f"c{place}", value))


def _is_suspect(column: Column, rows: int) -> bool:
    """Tell whether an end is as far from the mean as few values must be to make the standard deviation that large."""
    if column.type != "number" or not column.stddev:
        return False
    low, high, mean = (float(value or 0) for value in (column.min, column.max, column.mean))
    least = 0.95 * math.sqrt(min((rows - column.missing) / 2, 1 / (2 * MAX_SHARE)))
    return max(high - mean, mean - low) >= least * column.stddev or _ends_in_placeholder(column)


def _ends_in_placeholder(column: Column) -> bool:
    return column.min in PLACEHOLDERS or column.max in PLACEHOLDERS


def extreme_value(known: Array) -> float | None:
    """Return the most extreme of (n,) sorted numbers if few of them make the standard deviation several times larger.

    Columns in which nearly all values are the same, such as counts of rare events, have no outliers.
    """
    if known.size < MIN_ROWS:
        return None
    cut = max(1, int(MAX_SHARE * known.size))
    middle = known[cut:-cut]
    _, inner = mean_and_stddev(middle)
    _, whole = mean_and_stddev(known)
    if inner == 0 or whole < MIN_INFLATION * inner:
        return None
    low, high, center = float(known[0]), float(known[-1]), float(middle[middle.size // 2])
    value: float = known[-1].item() if high - center > center - low else known[0].item()
    return value


def _placeholder(known: Array) -> tuple[int, int] | None:
    """Return a repeated 999 or the like at one end of (n,) sorted numbers, far from all others, and how often it is."""
    for value, others in ((known[0], known[known > known[0]]), (known[-1], known[known < known[-1]])):
        repeats = known.size - others.size
        if value not in PLACEHOLDERS or repeats < MIN_REPEATS or others.size < MIN_ROWS:
            continue
        gap = min(abs(float(value) - float(others[0])), abs(float(value) - float(others[-1])))
        if gap > float(others[-1]) - float(others[0]):
            return int(value), int(repeats)
    return None


def _placeholder_warning(column: Column, value: int, repeats: int) -> DataWarning:
    return DataWarning(
        code="possibly_missing",
        column=column.name,
        detail=f"{counted(repeats, 'value')} of {column.name!r} may mean that there is no value: {value}. "
        "All other numbers of the column are far from it.",
        fix=f"If so, send ?missing={value}.",
    )


def _outlier_warning(column: Column, value: float, row: int) -> DataWarning:
    return DataWarning(
        code="outlier",
        column=column.name,
        detail=f"{value:g} in row {row:,} of {column.name!r} is so far from the other values that they can hardly be "
        "distinguished when the column is scaled by its mean and standard deviation.",
        fix="Correct the cell or leave it empty.",
        row=row,
    )
