"""Rows to predict, in requests that the service accepts."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from backprop_client.tables.frames import is_frame, rows_of_frame
from backprop_client.tables.json_values import json_line, json_row

MAX_ROWS = 10_000  # of one request
MAX_EXPLAINED_ROWS = 1_000
MAX_BYTES = 30 << 20  # the service accepts 32 MiB


def rows_of(rows: Any) -> list[dict[str, Any]]:
    """Return rows as JSON objects: of a data frame, a list of rows, or one row.

    Raises `TypeError` for other objects.
    """
    if isinstance(rows, Mapping):
        return [json_row(rows)]
    if is_frame(rows):
        rows = rows_of_frame(rows)
    if isinstance(rows, str | bytes) or not isinstance(rows, Iterable):
        raise TypeError(f"Pass a list of rows (each a mapping), one row or a data frame, not {type(rows).__name__}.")
    found = []
    for number, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise TypeError(f"Row {number} is {type(row).__name__}, not a mapping of column names to values.")
        found.append(json_row(row))
    return found


def batches_of(rows: list[dict[str, Any]], *, explain: bool) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the number of the first row and the rows of each request."""
    limit = MAX_EXPLAINED_ROWS if explain else MAX_ROWS
    start, size = 0, 0
    for number, row in enumerate(rows):
        length = len(json_line(row)) + 1
        if number > start and (number - start == limit or size + length > MAX_BYTES):
            yield start, rows[start:number]
            start, size = number, 0
        size += length
    yield start, rows[start:]
