"""Warn about a table whose rows are in the order of a time."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.profile import Column, DataWarning
from tabular.readers.checks.cells import known_numbers, known_times

MIN_ROWS = 30
MIN_DISTINCT = 10
MIN_ORDERED = 0.99  # of the changes from row to row that go in one direction
MAX_MISSING = 0.1
TIME_WORD = re.compile(r"(?i)(^|[\W_])(date|datetime|time|timestamp|ts|year|month|week|period|epoch|yyyymmdd)($|[\W_])")


def time_ordered(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column], rows: int) -> Iterator[DataWarning]:
    """Yield a warning for the first column of times that the rows are ordered by."""
    for place, column in enumerate(columns):
        if not _is_time(column, rows):
            continue
        is_number = column.type == "number"
        if is_ordered(known_numbers(connection, [place])[0] if is_number else known_times(connection, place)):
            yield DataWarning(
                code="time_ordered",
                column=column.name,
                detail=f"The rows are in the order of {column.name!r}. If later rows are to be predicted from earlier "
                "ones, held-out rows between them make the evaluation look better than it is.",
                fix=f'In a job, send "training": {{"validation": {{"by": "time", "column": "{column.name}"}}}}.',
            )
            return


def _is_time(column: Column, rows: int) -> bool:
    if rows < MIN_ROWS or column.distinct < MIN_DISTINCT or column.missing > MAX_MISSING * rows:
        return False
    return column.type == "datetime" or (column.type == "number" and bool(TIME_WORD.search(column.name)))


def is_ordered(values: npt.NDArray[Any]) -> bool:
    """Tell whether (n,) values only rise or only fall, with few exceptions."""
    before, after = values[:-1], values[1:]
    rises, falls = int(np.count_nonzero(after > before)), int(np.count_nonzero(after < before))
    return max(rises, falls) >= MIN_ORDERED * (rises + falls) > 0
