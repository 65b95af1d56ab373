"""Warn about a table whose first and last rows differ more than chance allows."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.profile import LABELED, Column, DataWarning
from tabular.readers.reading_warnings import shown_list

Array = npt.NDArray[Any]
MIN_ROWS = 100  # in each part
MAX_ROWS = 10_000
MAX_CELLS = 1_000_000  # in each part
MAX_LABELS = 20  # different labels of a column that is compared
MIN_DIFFERENCE = 0.3  # of two distributions, from 0 to 1
CHANCE = 2.3  # a distance of this many times sqrt(2 / rows) occurs by chance once in 20,000 columns


def drift(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: int) -> Iterator[DataWarning]:
    """Yield one warning that names all columns that differ between the first and the last third of the rows."""
    places = [place for place, column in enumerate(columns) if _is_compared(column, rows)]
    part = min(rows // 3, MAX_ROWS, MAX_CELLS // max(1, len(places)))
    if part < MIN_ROWS or not places:
        return
    cells = ", ".join(f"c{place}" for place in places)
    first, last = (
        connection.execute(f"SELECT {cells} FROM profiled LIMIT {part} OFFSET {start}").fetchnumpy()  # noqa: S608
        for start in (0, rows - part)
    )
    found = [
        columns[place].name
        for place in places
        if _differ(first[f"c{place}"], last[f"c{place}"], labels=columns[place].type in LABELED)
    ]
    if found:
        yield DataWarning(
            code="drift",
            column=found[0] if len(found) == 1 else None,
            detail=f"The first and the last {part:,} rows differ in {shown_list(found)}. If the order of the rows "
            "means something, such as time, a network may do worse on later rows than its evaluation says.",
            fix=_fix(columns),
        )


def _fix(columns: Sequence[Column]) -> str:
    time = next((column.name for column in columns if column.type == "datetime"), None)
    if time is None:
        return "If the order means nothing, nothing needs to be done. Otherwise add a column with the time of each row."
    advice = f'send "training": {{"validation": {{"by": "time", "column": "{time}"}}}} in a job'
    return f"If the order means nothing, nothing needs to be done. Otherwise {advice}."


def _is_compared(column: Column, rows: int) -> bool:
    if column.type in LABELED:
        return 2 <= column.distinct <= MAX_LABELS
    is_counter = bool(column.integer) and column.distinct == rows - column.missing
    return column.type == "number" and column.distinct > 1 and not is_counter


def _differ(first: Array, last: Array, *, labels: bool) -> bool:
    known = [values.compressed() if isinstance(values, np.ma.MaskedArray) else values for values in (first, last)]
    sizes = [values.size for values in known]
    if min(sizes) < MIN_ROWS:
        return False
    distance = label_distance(*known) if labels else number_distance(*known)
    return distance > max(MIN_DIFFERENCE, CHANCE * math.sqrt(2 / min(sizes)))


def number_distance(first: Array, last: Array) -> float:
    """Return the largest difference of the two cumulative distributions (Kolmogorov and Smirnov), from 0 to 1."""
    at = np.concatenate([first, last])
    shares = [np.searchsorted(np.sort(values), at, side="right") / values.size for values in (first, last)]
    return float(np.abs(shares[0] - shares[1]).max())


def label_distance(first: Array, last: Array) -> float:
    """Return half the sum of the differences of the shares of all labels, from 0 to 1."""
    labels, codes = np.unique(np.concatenate([first, last]).astype(str), return_inverse=True)
    counts = [np.bincount(part, minlength=len(labels)) for part in (codes[: first.size], codes[first.size :])]
    shares = [count / count.sum() for count in counts]
    return float(np.abs(shares[0] - shares[1]).sum() / 2)
