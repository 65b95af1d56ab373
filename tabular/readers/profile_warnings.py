"""Warn about columns that are useless or doubtful, and about rows that repeat."""

from collections.abc import Iterator

import duckdb

from tabular.identifiers import is_identifier
from tabular.profile import Column, DataWarning

MOSTLY_MISSING = 0.5
MAX_DUPLICATE_CELLS = 5_000_000  # in larger tables the search for repeated rows costs more than it is worth
REMOVE = "Remove the column from the file: a model can learn nothing from it."


def column_warnings(column: Column, rows: int) -> Iterator[DataWarning]:
    """Yield what makes a column useless or doubtful."""
    name = column.name
    if column.missing == rows:
        yield DataWarning(code="all_missing", column=name, detail=f"{name!r} has no values.", fix=REMOVE)
    elif column.distinct == 1 and not column.missing:
        yield DataWarning(code="constant", column=name, detail=f"{name!r} has only one value.", fix=REMOVE)
    elif is_identifier(column, rows):
        detail = f"Every row has a different value of {name!r}, as in an identifier."
        fix = f"Jobs leave it out. To use it anyway, list {name!r} in `features`."
        yield DataWarning(code="identifier", column=name, detail=detail, fix=fix)
    if MOSTLY_MISSING * rows < column.missing < rows:
        detail = f"{column.missing:,} of {rows:,} values of {name!r} are missing."
        yield DataWarning(code="mostly_missing", column=name, detail=detail)


def duplicate_rows(connection: duckdb.DuckDBPyConnection, rows: int, columns: int) -> Iterator[DataWarning]:
    """Yield a warning if rows of the view `profiled` repeat; nothing for a large table."""
    if rows * columns > MAX_DUPLICATE_CELLS:
        return
    query = "SELECT count(DISTINCT hash(profiled)) FROM profiled"
    (different,) = connection.execute(query).fetchone() or (rows,)
    if different < rows:
        detail = f"{rows - different:,} rows repeat another row."
        yield DataWarning(code="duplicate_rows", detail=detail, fix="Remove them if they were exported twice.")
