"""Read an NDJSON file.

DuckDB reads it if the values of each key have one JSON type, otherwise Python reads it object by object.
"""

import tempfile
from array import array
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
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
from tabular.readers.ndjson.uniform import NotUniform, find_keys, find_kinds, show_raw
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
        file = _File(source=source, parquet=parquet, folder=Path(name), options=options, limits=limits)
        try:
            return _read_uniform(file)
        except NotUniform:
            return _read_objects(file)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    source: Path
    parquet: Path
    folder: Path
    options: ReadOptions
    limits: Limits


def _read_uniform(file: _File) -> Profile:
    """Read the file with DuckDB; the first rows say what the values are, or all rows if others differ from them."""
    with open_database(file.folder, file.source, file.limits, 0) as connection:
        keys, rows = find_keys(connection, file.source, file.limits)
    check_size(rows, len(keys), file.limits)
    with open_database(file.folder, file.source, file.limits, len(keys)) as connection:
        for sample in (True, False):
            kinds = find_kinds(connection, file.source, keys, file.limits, sample=sample)
            columns = show_raw(connection, file.source, keys, kinds, file.limits)
            with suppress(duckdb.InvalidInputException, duckdb.ConversionException):
                return _read_table(file, connection, columns, rows, _LineFinder(file.source))
    raise NotUniform


def _read_objects(file: _File) -> Profile:
    """Read the file object by object."""
    lines, columns = Lines(file.source, file.limits), JsonColumns(file.folder, file.limits)
    with duckdb.connect(config={"threads": 1}) as connection:
        _write_batches(connection, lines, columns)
    columns.check()
    rows, width = len(lines.numbers), len(columns.by_key)
    check_size(rows, width, file.limits)
    with open_database(file.folder, file.source, file.limits, width) as connection:
        return _read_table(file, connection, _columns(connection, columns), rows, lines.numbers.__getitem__)


def _read_table(
    file: _File,
    connection: duckdb.DuckDBPyConnection,
    columns: tuple[SourceColumn, ...],
    rows: int,
    line: Callable[[int], int],
) -> Profile:
    table = SourceTable(
        connection=connection,
        folder=file.folder,
        columns=columns,
        options=file.options,
        limits=file.limits,
        line=line,
    )
    return read_typed(table, file.parquet, FileReading(encoding="utf-8", missing=file.options.missing), rows)


class _LineFinder:
    """Find the line of an object. The file is read only if a line is needed, to count its blank lines."""

    def __init__(self, source: Path) -> None:
        self._source = source
        self._numbers = array("q")

    def __call__(self, row: int) -> int:
        if not self._numbers:
            with self._source.open("rb") as file:
                self._numbers.extend(number for number, line in enumerate(file, 1) if line.strip())
        return self._numbers[row]


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
