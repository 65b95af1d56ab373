"""Describe the columns of a table, a few columns at a time.

The table is the view `profiled` with columns c0, c1, ...: names of the file never occur in a query.
"""

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import repeat
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.column_format import ColumnFormat
from tabular.profile import (
    LABELED,
    Column,
    ColumnType,
    DataWarning,
    Histogram,
    Lengths,
    Profile,
    Quantiles,
    ValueCount,
)
from tabular.readers.checks.checks import check_table
from tabular.readers.profile_warnings import column_warnings, duplicate_rows
from tabular.readers.values.date_formats import times_only
from tabular.statistics import mean_and_stddev

Array = npt.NDArray[Any]
MAX_BINS = 20
MAX_TOP = 20
FIRST_NUMBERS = 1_000
MIN_QUANTILE_VALUES = 20
OUTER_SHARE = 0.005  # of the values, on each side, that `Quantiles.low` and `high` leave out
NUMBERS_AT_ONCE = 8_000_000  # 64 MB in memory
LABELS_AT_ONCE = 2_000_000
MIN_ROWS_OF_THREADS = 20_000  # sorting fewer numbers takes less time than handing them to a thread
MAX_LABELED = 512  # columns counted in one query


class NotFinite(Exception):
    """A column has numbers that are infinite or NaN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadColumn:
    """A column as it was read."""

    name: str
    type: ColumnType
    format: ColumnFormat | None = None


def profile(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[ReadColumn],
    warnings: Sequence[DataWarning],
    *,
    threads: int,
) -> Profile:
    """Return the statistics of the view `profiled`, and its warnings after the given ones."""
    (rows,) = connection.execute("SELECT count(*) FROM profiled").fetchone() or (0,)
    described = dict(_numbers(connection, columns, rows, threads))
    described |= _times(connection, columns, rows)
    described |= dict(_labels(connection, columns, rows))
    ordered = tuple(replace(described[place], format=column.format) for place, column in enumerate(columns))
    found = [warning for column in ordered for warning in column_warnings(column, rows)]
    found += duplicate_rows(connection, rows, len(columns))
    found += check_table(connection, ordered, rows)
    return Profile(rows=rows, columns=ordered, warnings=(*warnings, *found))


def _numbers(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[ReadColumn], rows: int, threads: int
) -> Iterator[tuple[int, Column]]:
    places = [place for place, column in enumerate(columns) if column.type == "number"]
    step = max(1, NUMBERS_AT_ONCE // max(rows, 1))
    for start in range(0, len(places), step):
        group = places[start : start + step]
        cells = ", ".join(f"c{place}" for place in group)
        arrays = connection.execute(f"SELECT {cells} FROM profiled").fetchnumpy()  # noqa: S608 - no names
        names = [columns[place].name for place in group]
        values = [arrays.pop(f"c{place}") for place in group]
        if rows < MIN_ROWS_OF_THREADS:
            yield from zip(group, map(number_column, names, values, repeat(rows)), strict=False)
            continue
        with ThreadPoolExecutor(threads) as pool:  # NumPy releases the lock while it sorts
            yield from zip(group, pool.map(number_column, names, values, [rows] * len(group)), strict=True)


def number_column(name: str, values: Array, rows: int) -> Column:
    """Return the statistics of (rows,) numbers, masked where missing. Raises `NotFinite`."""
    known = np.sort(values.compressed() if isinstance(values, np.ma.MaskedArray) else values)
    if not known.size:
        return Column(name=name, type="number", missing=rows, distinct=0)
    if not (math.isfinite(known[0]) and math.isfinite(known[-1])):
        raise NotFinite(name)
    new = np.concatenate([[True], known[1:] != known[:-1], [True]])  # the end counts as another value
    distinct = int(np.count_nonzero(new)) - 1
    mean, stddev = mean_and_stddev(known)
    return Column(
        name=name,
        type="number",
        missing=rows - known.size,
        distinct=distinct,
        integer=_is_whole(known),
        min=known[0].item(),
        max=known[-1].item(),
        mean=mean,
        stddev=stddev,
        histogram=_histogram(known),
        quantiles=_quantiles(known),
        top=_top_numbers(known, np.flatnonzero(new)) if distinct <= MAX_TOP else None,
        singletons=int(np.count_nonzero(new[1:] & new[:-1])),
    )


def _is_whole(known: Array) -> bool:
    """Return whether all numbers are whole. The first ones nearly always show that some are not."""
    if known.dtype.kind == "i":
        return True
    first = known[:FIRST_NUMBERS]
    return bool((first == np.floor(first)).all() and (known == np.floor(known)).all())


def _top_numbers(known: Array, starts: Array) -> tuple[ValueCount, ...]:
    """Count sorted numbers. `starts`: where each different one begins, and the end."""
    values, counts = known[starts[:-1]], np.diff(starts)
    return _top([(repr(value), count) for value, count in zip(values.tolist(), counts.tolist(), strict=True)])


def _top(counted: list[tuple[str, int]]) -> tuple[ValueCount, ...]:
    ordered = sorted(counted, key=lambda entry: (-entry[1], entry[0]))
    return tuple(ValueCount(value=value, count=count) for value, count in ordered)


def _histogram(known: Array) -> Histogram:
    """Return at most 20 equal bins over sorted numbers, computed so that no width overflows."""
    low, high = float(known[0]), float(known[-1])
    if low == high:
        return Histogram(edges=(low, high), counts=(int(known.size),))
    share = np.linspace(0.0, 1.0, MAX_BINS + 1)
    edges = np.maximum.accumulate(low * (1 - share) + high * share)
    edges[-1] = high
    places = np.searchsorted(known, edges[1:-1], side="left")
    counts = np.diff(np.concatenate([[0], places, [known.size]]))
    return Histogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


def _quantiles(known: Array) -> Quantiles | None:
    """Return quantiles of sorted numbers (n,); None for few."""
    last = known.size - 1
    if known.size < MIN_QUANTILE_VALUES:
        return None
    outer = max(1, int(OUTER_SHARE * known.size))
    places = (outer, round(0.25 * last), round(0.5 * last), round(0.75 * last), last - outer)
    low, lower, median, upper, high = (float(known[place]) for place in places)
    return Quantiles(low=low, lower_quartile=lower, median=median, upper_quartile=upper, high=high)


def _times(connection: duckdb.DuckDBPyConnection, columns: Sequence[ReadColumn], rows: int) -> dict[int, Column]:
    described = {}
    for place, column in enumerate(columns):
        if column.type == "datetime":
            cell = f"c{place}"
            query = f"SELECT count({cell}), count(DISTINCT {cell}), min({cell}), max({cell}) FROM profiled"  # noqa: S608 - no names
            known, distinct, first, last = connection.execute(query).fetchone() or (0, 0, None, None)
            described[place] = Column(
                name=column.name,
                type="datetime",
                missing=rows - known,
                distinct=distinct,
                min=_shown(first, column),
                max=_shown(last, column),
            )
    return described


def _shown(time: datetime | None, column: ReadColumn) -> str | None:
    """Return a time as in RFC 3339, or a time of day such as 14:05:00."""
    if time is None:
        return None
    if column.format and times_only(column.format.dates):
        return time.time().isoformat(timespec="milliseconds" if time.microsecond else "seconds")
    return time.isoformat(timespec="milliseconds") + "Z"


def _labels(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[ReadColumn], rows: int
) -> Iterator[tuple[int, Column]]:
    """Describe groups of columns together: a query for each of thousands of columns is slow."""
    places = [place for place, column in enumerate(columns) if column.type in LABELED]
    step = min(MAX_LABELED, max(1, LABELS_AT_ONCE // max(rows, 1)))
    for start in range(0, len(places), step):
        group = places[start : start + step]
        summaries, tops = _count_labels(connection, [f"c{place}" for place in group])
        for place in group:
            summary = summaries.get(f"c{place}", (0, 0, 0, None, None, None))
            yield place, _label_column(columns[place], rows, summary, tops.get(f"c{place}", []))


def _count_labels(
    connection: duckdb.DuckDBPyConnection, cells: Sequence[str]
) -> tuple[dict[str, tuple[Any, ...]], dict[str, list[tuple[str, int]]]]:
    """Return for each column: distinct, known, singletons, shortest, longest, mean length; and its top values."""
    listed = ", ".join(cells)
    values = f"(UNPIVOT (SELECT {listed} FROM profiled) ON {listed} INTO NAME place VALUE v)"  # noqa: S608 - no names
    counted = f"SELECT place, v, count(*) AS n FROM {values} GROUP BY place, v"  # noqa: S608 - no names
    connection.execute(f"CREATE OR REPLACE TEMP TABLE counted AS {counted}")
    summaries = connection.execute(
        "SELECT place, count(*), sum(n)::BIGINT, count(*) FILTER (n = 1), min(length(v)), max(length(v)), "
        "sum(length(v) * n) / sum(n) FROM counted GROUP BY place"
    ).fetchall()
    top = connection.execute(
        "SELECT place, v, n FROM counted QUALIFY row_number() OVER (PARTITION BY place ORDER BY n DESC, v) <= ?",
        [MAX_TOP],
    ).fetchall()
    tops = dict[str, list[tuple[str, int]]]()
    for place, value, count in top:
        tops.setdefault(place, []).append((value, count))
    return {place: tuple(facts) for place, *facts in summaries}, tops


def _label_column(column: ReadColumn, rows: int, summary: tuple[Any, ...], top: list[tuple[str, int]]) -> Column:
    distinct, known, singletons, shortest, longest, mean = summary
    lengths = Lengths(min=shortest, max=longest, mean=float(mean)) if column.type == "text" and known else None
    return Column(
        name=column.name,
        type=column.type,
        missing=rows - known,
        distinct=distinct,
        top=None if column.type == "text" else _top(top),
        singletons=singletons,
        length=lengths,
    )
