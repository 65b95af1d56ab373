"""Read a typed table: check it, infer what its strings mean, write it as canonical Parquet, and describe it.

check types -> convert values -> infer types of strings -> check cells -> write typed columns -> profile
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from tabular.column_format import ColumnFormat, FileReading
from tabular.errors import MAX_PROBLEMS, InvalidDataset, Problem
from tabular.profile import DataWarning, Profile
from tabular.readers.csv.header import column_names
from tabular.readers.csv.problems import NOUNS, shortened
from tabular.readers.csv.staging import named, show_as
from tabular.readers.database import write_parquet
from tabular.readers.options import for_columns
from tabular.readers.profiling import ReadColumn, profile
from tabular.readers.table_checks import check_names
from tabular.readers.type_inference import FileContext, InferredColumn, infer, rejected
from tabular.readers.typed.checks import check_types
from tabular.readers.typed.conversion import Conversion, check_values, conversions, problem_at, renamed
from tabular.readers.typed.source import FRACTIONS, SourceTable

ISO = ColumnFormat(dates=("iso",))


def read_typed(
    table: SourceTable, parquet: Path, reading: FileReading, rows: int, warnings: Sequence[DataWarning] = ()
) -> Profile:
    """Write the view `raw` to `parquet` and return its profile.

    Raises:
        InvalidDataset: types or values that are not supported; up to 100 problems.
    """
    names, renames = column_names([column.name for column in table.columns])
    table = replace(table, columns=renamed(table.columns, names))
    check_names(table.options, names)
    check_types(table)
    found = conversions(table)
    staged = table.folder / "staged.parquet"
    _stage(table, found, names, staged)
    show_as(table.connection, "staged", staged, len(names))
    inferred = _infer(table, found, rows)
    _check_cells(table, inferred)
    typed = _write_typed(table, found, inferred, staged)
    noted = [warning for column in inferred.values() for warning in column.warnings]
    described = profile(
        table.connection,
        _types(found, inferred),
        [*warnings, *renames, *noted],
        threads=table.limits.threads,
    )
    typed.replace(parquet)
    return replace(described, reading=reading)


def _stage(table: SourceTable, found: Sequence[Conversion], names: Sequence[str], staged: Path) -> None:
    """Write the converted values in one pass over the file; look for invalid ones only if that fails."""
    source = f"(SELECT {', '.join(each.prepared for each in found)} FROM raw)"  # noqa: S608 - no names
    try:
        write_parquet(table.connection, named([each.checked for each in found], source, names), staged)
    except (duckdb.InvalidInputException, duckdb.ConversionException):
        check_values(table, found)
        raise


def _infer(table: SourceTable, found: Sequence[Conversion], rows: int) -> dict[int, InferredColumn]:
    labels = [(each.column.place, each.column.name) for each in found if each.storage == "label"]
    fractions = sum(each.storage == "number" and each.column.type in FRACTIONS for each in found)
    context = FileContext(rows=rows, options=table.options, semicolons=False, point_columns=fractions)
    return {column.place: column for column in infer(table.connection, labels, context)} if labels else {}


def _check_cells(table: SourceTable, inferred: dict[int, InferredColumn]) -> None:
    """Raise InvalidDataset with each text that does not fit its column's type."""
    problems = list[Problem]()
    for column in inferred.values():
        if column.checked and len(problems) < MAX_PROBLEMS:
            problems += _wrong_cells(table, column)
    if problems:
        raise InvalidDataset(problems)


def _wrong_cells(table: SourceTable, column: InferredColumn) -> list[Problem]:
    numbered = f"SELECT row_number() OVER () - 1 AS row, c{column.place} FROM staged"  # noqa: S608 - no names
    query = f"SELECT row, c{column.place} FROM ({numbered}) WHERE {rejected(column)} ORDER BY row LIMIT {MAX_PROBLEMS}"  # noqa: S608 - no names
    reason = f"is not {NOUNS[column.type]}, unlike the other values"
    fix = f"Correct the value, or send {for_columns('types', [column.name], 'category')} if the values are labels."
    return [
        problem_at(table, row, column.name, shortened(value), reason, fix)
        for row, value in table.connection.execute(query).fetchall()
    ]


def _write_typed(
    table: SourceTable, found: Sequence[Conversion], inferred: dict[int, InferredColumn], staged: Path
) -> Path:
    """Return the Parquet file in which the columns have their types, shown as the view `profiled`."""
    typed, names = staged, [each.column.name for each in found]
    cells = [inferred[place].expression if place in inferred else f"c{place}" for place in range(len(found))]
    if any(cell != f"c{place}" for place, cell in enumerate(cells)):
        typed = staged.with_name("typed.parquet")
        write_parquet(table.connection, named(cells, "staged", names), typed)
    show_as(table.connection, "profiled", typed, len(names))
    return typed


def _types(found: Sequence[Conversion], inferred: dict[int, InferredColumn]) -> list[ReadColumn]:
    columns = list[ReadColumn]()
    for each in found:
        name = each.column.name
        if column := inferred.get(each.column.place):
            columns.append(ReadColumn(name=name, type=column.type, format=column.format))
        elif each.storage == "time":
            columns.append(ReadColumn(name=name, type="datetime", format=ISO))
        else:
            columns.append(ReadColumn(name=name, type="number"))
    return columns
