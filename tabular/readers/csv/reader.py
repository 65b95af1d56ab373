"""Read a CSV file: check it, describe it, and write it as canonical Parquet.

decode -> find the dialect -> stage -> infer types -> check cells -> write typed columns -> profile

In canonical Parquet numbers are BIGINT or DOUBLE, times TIMESTAMP, and everything else VARCHAR as in the file.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from tabular.column_format import FileReading
from tabular.errors import MAX_PROBLEMS, InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.profile import DataWarning, Profile
from tabular.readers.csv.decoding import make_readable
from tabular.readers.csv.dialect import find_dialect
from tabular.readers.csv.layout import SAMPLE_BYTES
from tabular.readers.csv.problems import WrongCell, broken_rows, wrong_cells
from tabular.readers.csv.staging import (
    CsvFile,
    Storage,
    column_that_failed,
    named,
    show_as,
    stage,
    storage_of_sample,
)
from tabular.readers.database import open_database, write_parquet
from tabular.readers.options import ReadOptions
from tabular.readers.profiling import NotFinite, ReadColumn, profile
from tabular.readers.reading_warnings import empty_columns, repeated_header
from tabular.readers.table_checks import check_names, check_size
from tabular.readers.type_inference import FileContext, InferredColumn, infer, rejected
from tabular.sql import literal

MAX_RESTAGED = 3  # columns that turn out not to fit, one by one, before all are staged as strings
CHECKED_AT_ONCE = 16  # columns; the planning time of a query grows with their square


def read_csv(source: Path, parquet: Path, options: ReadOptions, limits: Limits) -> Profile:
    """Write the table in `source` to `parquet` and return its profile.

    Temporary files are created beside `parquet` and removed at the end.

    Raises:
        InvalidDataset: the file is not a table, or cells do not fit their column; up to 100 problems.
        OverLimit: the file has more rows, columns or cells than allowed.
    """
    with tempfile.TemporaryDirectory(dir=parquet.parent, prefix="ingest-") as name:
        folder = Path(name)
        readable = make_readable(source, folder, options.encoding)
        path, dialect = find_dialect(readable.path, options, folder)
        file = CsvFile(path=path, dialect=dialect, options=options, limits=limits, unicode=not readable.ascii)
        _check_layout(file)
        with open_database(folder, path, limits, len(dialect.names)) as connection:
            storage = storage_of_sample(dialect, options)
            try:
                typed, described = _read(connection, file, storage, folder, readable.warnings)
            except NotFinite:
                storage = ["string" if kind == "double" else kind for kind in storage]
                typed, described = _read(connection, file, storage, folder, readable.warnings)
        typed.replace(parquet)
    return replace(described, reading=_reading(file, readable.encoding))


def _read(
    connection: duckdb.DuckDBPyConnection,
    file: CsvFile,
    storage: Sequence[Storage],
    folder: Path,
    warnings: Sequence[DataWarning],
) -> tuple[Path, Profile]:
    """Return the canonical Parquet file and its profile.

    Raises:
        NotFinite: a column that is stored as double has a text such as inf.
    """
    staged = folder / "staged.parquet"
    storage = _stage(connection, file, storage, staged)
    rows = _check_size(connection, file, staged)
    columns = _infer(connection, file, storage, rows)
    kept = _check_cells(connection, file, columns)
    typed, types, left_out = _typed(connection, file, staged, columns, kept)
    noted = [warning for column in columns for warning in column.warnings]
    shown = {column.name for column in types}
    layout = [found for found in file.dialect.warnings if found.code != "empty_header" or found.column in shown]
    return typed, profile(connection, types, [*warnings, *layout, *left_out, *noted], threads=file.limits.threads)


def _reading(file: CsvFile, encoding: str) -> FileReading:
    return FileReading(
        encoding=encoding,
        delimiter=file.dialect.delimiter,
        header=file.dialect.header,
        skipped_lines=file.dialect.skip,
        missing=file.options.missing,
    )


def _check_layout(file: CsvFile) -> None:
    dialect, limits = file.dialect, file.limits
    if len(dialect.names) > limits.columns:
        raise OverLimit("columns", limits.columns, len(dialect.names))
    if not dialect.rows:
        raise InvalidDataset([_no_rows(file)])
    check_names(file.options, dialect.names)


def _no_rows(file: CsvFile) -> Problem:
    """Return the problem of a file in whose first megabyte no row ends below the header."""
    line = file.dialect.lines_before_rows + 1
    if file.path.stat().st_size > SAMPLE_BYTES:
        detail = f"A row has more than {SAMPLE_BYTES:,} bytes, or a quote in it is never closed."
        return Problem(detail=detail, line=line, fix="Close the quote, or shorten the values.")
    detail = "The file has a header but no rows." if file.dialect.header else "The file has no rows."
    return Problem(detail=detail, line=file.dialect.skip + 1, fix="Send at least two rows.")


def _stage(
    connection: duckdb.DuckDBPyConnection, file: CsvFile, storage: Sequence[Storage], staged: Path
) -> list[Storage]:
    """Stage columns as the first rows suggest, but as strings if later rows do not fit. Return how they are stored."""
    wanted = list(storage)
    for _ in range(MAX_RESTAGED):
        try:
            stage(connection, file, wanted, staged)
        except (duckdb.ConversionException, duckdb.InvalidInputException) as error:
            place = column_that_failed(error)
            if place is None or place >= len(wanted):
                break
            wanted[place] = "string"
        else:
            show_as(connection, "staged", staged, len(wanted))
            return wanted
    wanted = ["string"] * len(wanted)
    try:
        stage(connection, file, wanted, staged)
    except duckdb.Error as error:
        raise InvalidDataset(broken_rows(connection, file, error)) from error
    show_as(connection, "staged", staged, len(wanted))
    return wanted


def _check_size(connection: duckdb.DuckDBPyConnection, file: CsvFile, staged: Path) -> int:
    """Return the number of rows."""
    query = "SELECT num_rows FROM parquet_file_metadata(?)"
    (rows,) = connection.execute(query, [str(staged)]).fetchone() or (0,)
    check_size(rows, len(file.dialect.names), file.limits)
    return int(rows)


def _infer(
    connection: duckdb.DuckDBPyConnection, file: CsvFile, storage: Sequence[Storage], rows: int
) -> list[InferredColumn]:
    dialect = file.dialect
    kinds = list(enumerate(storage))
    strings = [(place, dialect.names[place]) for place, kind in kinds if kind == "string"]
    context = FileContext(
        rows=rows,
        options=file.options,
        semicolons=dialect.delimiter == ";",
        point_columns=sum(kind == "double" for _, kind in kinds),
    )
    return infer(connection, strings, context)


def _check_cells(connection: duckdb.DuckDBPyConnection, file: CsvFile, columns: Sequence[InferredColumn]) -> str:
    """Return SQL that is true for the rows to keep: all but those that repeat the header.

    Raises:
        InvalidDataset: cells do not fit their column's type.
    """
    wrong = _wrong_cells(connection, columns, "true")
    kept = "true"
    if wrong and all(cell.value == cell.column for cell in wrong):
        kept = " OR ".join(f"c{column.place} IS DISTINCT FROM {literal(column.name)}" for column in columns)
        wrong = _wrong_cells(connection, columns, kept)
    if wrong:
        raise InvalidDataset(wrong_cells(file, wrong))
    return kept


def _wrong_cells(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[InferredColumn], kept: str
) -> list[WrongCell]:
    wrong = list[WrongCell]()
    for column in _columns_with_wrong_cells(connection, [column for column in columns if column.checked]):
        cell = f"c{column.place}"
        rows = f"SELECT row_number() OVER () - 1 AS row, {cell}, ({kept}) AS kept FROM staged"  # noqa: S608 - no names
        query = f"SELECT row, {cell} FROM ({rows}) WHERE kept AND {rejected(column)}"  # noqa: S608 - no names
        found = connection.execute(f"{query} ORDER BY row LIMIT {MAX_PROBLEMS}").fetchall()
        wrong += [WrongCell(row=row, column=column.name, type=column.type, value=value) for row, value in found]
    return wrong


def _columns_with_wrong_cells(
    connection: duckdb.DuckDBPyConnection, columns: Sequence[InferredColumn]
) -> Iterator[InferredColumn]:
    """Yield the columns that have wrong cells. To count them takes no row numbers and so is fast."""
    for start in range(0, len(columns), CHECKED_AT_ONCE):
        group = columns[start : start + CHECKED_AT_ONCE]
        counts = ", ".join(f"count(*) FILTER ({rejected(column)})" for column in group)
        found = connection.execute(f"SELECT {counts} FROM staged").fetchone() or ()  # noqa: S608 - no names
        yield from (column for column, count in zip(group, found, strict=True) if count)


def _typed(
    connection: duckdb.DuckDBPyConnection,
    file: CsvFile,
    staged: Path,
    columns: Sequence[InferredColumn],
    kept: str,
) -> tuple[Path, list[ReadColumn], list[DataWarning]]:
    """Write the columns with their types, show them as the view `profiled`, and return the types and warnings.

    Rows that repeat the header are left out, and columns without a name and without values.
    """
    names, parquet = file.dialect.names, staged
    inferred = {column.place: column for column in columns}
    empty = _empty_columns(connection, file)
    places = [place for place in range(len(names)) if place not in empty]
    warnings = [empty_columns(len(empty))] if empty else []
    if kept != "true":
        warnings.append(repeated_header(_count(connection, f"NOT ({kept})")))
    if warnings or any(column.expression != f"c{place}" for place, column in inferred.items()):
        parquet = staged.with_name("typed.parquet")
        cells = [inferred[place].expression if place in inferred else f"c{place}" for place in places]
        write_parquet(connection, named(cells, f"staged WHERE {kept}", [names[place] for place in places]), parquet)
    show_as(connection, "profiled", parquet, len(places))
    return parquet, [_read_column(names[place], inferred.get(place)) for place in places], warnings


def _read_column(name: str, column: InferredColumn | None) -> ReadColumn:
    if column is None:
        return ReadColumn(name=name, type="number")
    return ReadColumn(name=name, type=column.type, format=column.format)


def _empty_columns(connection: duckdb.DuckDBPyConnection, file: CsvFile) -> frozenset[int]:
    """Return the places of columns that have neither a name nor values, if there are others."""
    places = [place for place, name in enumerate(file.dialect.names) if name in file.dialect.unnamed]
    if not places:
        return frozenset()
    counts = ", ".join(f"count(c{place})" for place in places)
    found = connection.execute(f"SELECT {counts} FROM staged").fetchone() or ()  # noqa: S608 - no names
    empty = frozenset(place for place, count in zip(places, found, strict=True) if not count)
    return empty if len(empty) < len(file.dialect.names) else frozenset()


def _count(connection: duckdb.DuckDBPyConnection, condition: str) -> int:
    (count,) = connection.execute(f"SELECT count(*) FROM staged WHERE {condition}").fetchone() or (0,)  # noqa: S608
    return int(count)
