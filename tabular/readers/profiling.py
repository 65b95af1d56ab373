"""Statistics of a table's columns, read from the canonical Parquet a few columns at a time."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.profile import LABELLED, Column, ColumnType, DataWarning, Histogram, Lengths, Profile, ValueCount
from tabular.sql import quoted
from tabular.statistics import mean_and_stddev

Array = npt.NDArray[Any]
MAX_BINS = 20
MAX_TOP = 20
NUMBERS_AT_ONCE = 8_000_000  # 64 MB in memory
LABELS_AT_ONCE = 2_000_000
MAX_LABELLED = 64  # columns
MOSTLY_MISSING = 0.5
MIN_ID_ROWS = 20
DUPLICATE_CELLS = 5_000_000  # above, looking for repeated rows would cost more than it tells


def profile(
    connection: duckdb.DuckDBPyConnection,
    kinds: Sequence[tuple[str, ColumnType]],
    warnings: Sequence[DataWarning],
    *,
    threads: int,
) -> Profile:
    """Return statistics of the view `table`, whose columns are `kinds`, and warnings beside the given ones."""
    (rows,) = connection.execute("SELECT count(*) FROM table_").fetchone() or (0,)
    columns = dict(_numbers(connection, [name for name, kind in kinds if kind == "number"], rows, threads))
    columns |= {name: _times(connection, name, rows) for name, kind in kinds if kind == "datetime"}
    labels = [(name, kind) for name, kind in kinds if kind in LABELLED]
    columns |= {column.name: column for column in _labels(connection, labels, rows)}
    ordered = tuple(columns[name] for name, _ in kinds)
    found = [warning for column in ordered for warning in _remarks(column, rows)]
    if rows * len(kinds) <= DUPLICATE_CELLS:
        found += _duplicates(connection, rows)
    return Profile(rows=rows, columns=ordered, warnings=(*warnings, *found))


def _numbers(
    connection: duckdb.DuckDBPyConnection, names: Sequence[str], rows: int, threads: int
) -> Iterator[tuple[str, Column]]:
    step = max(1, NUMBERS_AT_ONCE // max(rows, 1))
    for start in range(0, len(names), step):
        group = names[start : start + step]
        cells = ", ".join(f"{quoted(name)} AS c{place}" for place, name in enumerate(group))
        arrays = connection.execute(f"SELECT {cells} FROM table_").fetchnumpy()  # noqa: S608 - quoted
        with ThreadPoolExecutor(threads) as pool:  # sorting holds no lock
            values = [arrays.pop(f"c{place}") for place in range(len(group))]
            yield from zip(group, pool.map(number_column, group, values, [rows] * len(group)), strict=True)


def number_column(name: str, values: Array, rows: int) -> Column:
    """Return the statistics of (rows,) numbers, masked where missing."""
    known = np.sort(values.compressed() if isinstance(values, np.ma.MaskedArray) else values)
    if not known.size:
        return Column(name=name, type="number", missing=rows, distinct=0)
    starts = np.flatnonzero(np.concatenate([[True], known[1:] != known[:-1]]))
    counts = np.diff(starts, append=known.size)
    mean, stddev = mean_and_stddev(known)
    integer = known.dtype.kind == "i" or bool((known[starts] == np.floor(known[starts])).all())
    few = starts.size <= MAX_TOP
    return Column(
        name=name,
        type="number",
        missing=rows - known.size,
        distinct=int(starts.size),
        integer=integer,
        min=known[0].item(),
        max=known[-1].item(),
        mean=mean,
        stddev=stddev,
        histogram=_histogram(known),
        top=_top([(repr(value), count) for value, count in zip(known[starts].tolist(), counts.tolist(), strict=True)])
        if few
        else None,
        singletons=int((counts == 1).sum()),
    )


def _top(counted: list[tuple[str, int]]) -> tuple[ValueCount, ...]:
    ordered = sorted(counted, key=lambda entry: (-entry[1], entry[0]))
    return tuple(ValueCount(value=value, count=count) for value, count in ordered)


def _histogram(known: Array) -> Histogram:
    """Return at most 20 equal bins over sorted numbers; written so that no width overflows."""
    low, high = float(known[0]), float(known[-1])
    if low == high:
        return Histogram(edges=(low, high), counts=(int(known.size),))
    share = np.linspace(0.0, 1.0, MAX_BINS + 1)
    edges = np.maximum.accumulate(low * (1 - share) + high * share)
    edges[-1] = high
    places = np.searchsorted(known, edges[1:-1], side="left")
    counts = np.diff(np.concatenate([[0], places, [known.size]]))
    return Histogram(edges=tuple(edges.tolist()), counts=tuple(counts.tolist()))


def _times(connection: duckdb.DuckDBPyConnection, name: str, rows: int) -> Column:
    column = quoted(name)
    query = f"SELECT count({column}), count(DISTINCT {column}), min({column}), max({column}) FROM table_"  # noqa: S608 - quoted
    known, distinct, first, last = connection.execute(query).fetchone() or (0, 0, None, None)
    return Column(
        name=name, type="datetime", missing=rows - known, distinct=distinct, min=_rfc3339(first), max=_rfc3339(last)
    )


def _rfc3339(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat(timespec="milliseconds") + "Z"


def _labels(
    connection: duckdb.DuckDBPyConnection, kinds: Sequence[tuple[str, ColumnType]], rows: int
) -> Iterator[Column]:
    """Describe some columns at a time, copied into memory: opening a file of thousands of columns is slow."""
    step = min(MAX_LABELLED, max(1, LABELS_AT_ONCE // max(rows, 1)))
    for start in range(0, len(kinds), step):
        group = kinds[start : start + step]
        cells = ", ".join(quoted(name) for name, _ in group)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE group_ AS SELECT {cells} FROM table_")  # noqa: S608 - quoted
        for name, kind in group:
            yield _label_column(connection, name, kind, rows)


def _label_column(connection: duckdb.DuckDBPyConnection, name: str, kind: ColumnType, rows: int) -> Column:
    column = quoted(name)
    values = f"SELECT {column} AS value, count(*) AS n FROM group_ WHERE value IS NOT NULL GROUP BY value"  # noqa: S608 - quoted
    connection.execute(f"CREATE OR REPLACE TEMP TABLE counted AS {values}")
    summary = connection.execute(
        "SELECT count(*), coalesce(sum(n), 0)::BIGINT, count(*) FILTER (n = 1), "
        "min(length(value)), max(length(value)), sum(length(value) * n) / sum(n) FROM counted"
    ).fetchone()
    distinct, known, singletons, shortest, longest, mean = summary or (0, 0, 0, None, None, None)
    top = connection.execute("SELECT value, n FROM counted ORDER BY n DESC, value LIMIT ?", [MAX_TOP]).fetchall()
    lengths = Lengths(min=shortest, max=longest, mean=float(mean)) if kind == "text" and known else None
    return Column(
        name=name,
        type=kind,
        missing=rows - known,
        distinct=distinct,
        top=None if kind == "text" else _top(top),
        singletons=singletons,
        length=lengths,
    )


def _remarks(column: Column, rows: int) -> Iterator[DataWarning]:
    """Yield what makes a column useless or doubtful."""
    name = column.name
    if column.missing == rows:
        yield DataWarning(code="all_missing", column=name, detail=f"{name!r} has no values.", fix="Leave it out.")
    elif column.distinct == 1:
        yield DataWarning(code="constant", column=name, detail=f"{name!r} has one value only.", fix="Leave it out.")
    elif column.type in LABELLED and column.distinct == rows - column.missing and rows >= MIN_ID_ROWS:
        detail = f"Every row has a value of {name!r} of its own, as an identifier has."
        yield DataWarning(code="identifier", column=name, detail=detail, fix="It is not learned from.")
    if MOSTLY_MISSING * rows < column.missing < rows:
        detail = f"{column.missing:,} of {rows:,} values of {name!r} are missing."
        yield DataWarning(code="mostly_missing", column=name, detail=detail)


def _duplicates(connection: duckdb.DuckDBPyConnection, rows: int) -> Iterator[DataWarning]:
    (different,) = connection.execute("SELECT count(DISTINCT hash(t)) FROM table_ t").fetchone() or (rows,)
    if different < rows:
        detail = f"{rows - different:,} rows repeat another row."
        yield DataWarning(code="duplicate_rows", detail=detail, fix="Remove them if they were exported twice.")
