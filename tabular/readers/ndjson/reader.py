"""Read an NDJSON file: parse its lines in batches, and give each column the type of its JSON values."""

import tempfile
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from tabular.column_format import FileReading
from tabular.errors import InvalidDataset, Problem
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers.database import open_database
from tabular.readers.ndjson.columns import BATCH_BYTES, BATCH_CELLS, JsonColumns
from tabular.readers.ndjson.objects import Lines
from tabular.readers.options import ReadOptions
from tabular.readers.table_checks import check_size
from tabular.readers.typed.checks import check_options
from tabular.readers.typed.reader import read_typed
from tabular.readers.typed.source import SourceColumn, SourceTable
from tabular.sql import literal


def read_ndjson(source: Path, parquet: Path, options: ReadOptions, limits: Limits) -> Profile:
    """Write the table in `source` to `parquet` and return its profile. A key that a line does not have is missing.

    Raises:
        InvalidDataset: lines are not flat JSON objects, or values do not fit their column; up to 100 problems.
        OverLimit: the file has more rows, columns or cells than allowed.
    """
    check_options(options, "NDJSON")
    _check_not_empty(source)
    with tempfile.TemporaryDirectory(dir=parquet.parent, prefix="ingest-") as name:
        folder, lines = Path(name), Lines(source, limits)
        columns = JsonColumns(folder, limits)
        with duckdb.connect(config={"threads": 1}) as connection:
            _write_batches(connection, lines, columns)
        columns.check()
        rows, width = len(lines.numbers), len(columns.by_key)
        check_size(rows, width, limits)
        with open_database(folder, source, limits, width) as connection:
            table = SourceTable(
                connection=connection,
                folder=folder,
                columns=_columns(connection, columns),
                options=options,
                limits=limits,
                line=lines.numbers.__getitem__,
            )
            return read_typed(table, parquet, FileReading(encoding="utf-8", missing=options.missing), rows)


def _check_not_empty(source: Path) -> None:
    with source.open("rb") as file:
        if not file.read(1 << 20).strip():
            raise InvalidDataset([Problem(detail="The file is empty.", fix="Write one JSON object per line.")])


def _write_batches(connection: duckdb.DuckDBPyConnection, lines: Lines, columns: JsonColumns) -> None:
    batch, size, cells, first = list[dict[str, Any]](), 0, 0, 0
    for found, length in lines.objects():
        batch.append(found)
        size += length
        cells += max(len(found), len(columns.by_key))
        if size >= BATCH_BYTES or cells >= BATCH_CELLS:
            columns.write(connection, batch, _numbers(lines, first, len(batch)))
            first += len(batch)
            batch, size, cells = [], 0, 0
    if batch:
        columns.write(connection, batch, _numbers(lines, first, len(batch)))


def _numbers(lines: Lines, first: int, count: int) -> list[int]:
    return list(islice(lines.numbers, first, first + count))


def _columns(connection: duckdb.DuckDBPyConnection, columns: JsonColumns) -> tuple[SourceColumn, ...]:
    """Create the view `raw` and return its columns."""
    files = ", ".join(literal(str(part)) for part in columns.parts)
    found = list(columns.by_key.values())
    cells = ", ".join(f"k{place}::{column.sql_type} AS c{place}" for place, column in enumerate(found))
    connection.execute(f"CREATE VIEW raw AS SELECT {cells} FROM read_parquet([{files}], union_by_name = true)")  # noqa: S608 - no names
    return tuple(SourceColumn(place=place, name=column.key, type=column.sql_type) for place, column in enumerate(found))
