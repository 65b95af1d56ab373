"""Rows of a file as they are sent for prediction: as texts that stand in the file, or typed."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from tabular.reading import InputColumn, RowReading
from tests.support.reading import Read

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def rows_as_texts(found: Read, content: str | bytes) -> list[dict[str, Any]]:
    """Return the rows of a CSV file as its texts."""
    reading = found.profile.reading
    assert reading is not None
    text = content.decode(reading.encoding or "utf-8") if isinstance(content, bytes) else content
    lines = io.StringIO(text, newline="").readlines()[reading.skipped_lines :]
    rows = [row for row in csv.reader(lines, delimiter=reading.delimiter or ",", skipinitialspace=True) if row]
    rows = rows[_header_rows(found) :]
    header = [column.name for column in found.profile.columns]
    cleaned = [row for row in rows if [cell.strip("\ufeff") for cell in row] != header]
    return [dict(zip(header, row, strict=False)) for row in cleaned[: found.profile.rows]]


def _header_rows(found: Read) -> int:
    assert found.profile.reading is not None
    return bool(found.profile.reading.header) + found.codes().count("second_header")


def rows_typed(found: Read) -> list[dict[str, Any]]:
    """Return the rows of a table as JSON values."""
    columns = {column.name: _typed(found, column.name) for column in found.profile.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _typed(found: Read, name: str) -> list[Any]:
    cells = found.cells(name)
    if found.column(name).type != "datetime":
        return cells
    return [None if cell is None else (EPOCH + timedelta(microseconds=cell)).isoformat() for cell in cells]


def input_columns(found: Read) -> list[InputColumn]:
    """Return all columns as inputs of a model."""
    return [InputColumn(name=column.name, type=column.type) for column in found.profile.columns]


def stored_reading(found: Read) -> RowReading:
    """Return the reading rules as a model keeps them."""
    profile = found.profile.to_json()
    stored = RowReading.of_dataset(profile["columns"], profile["reading"])
    return RowReading.from_json(stored.to_json())
