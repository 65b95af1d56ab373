"""Warn about columns that are useless or doubtful, and about rows that repeat."""

from collections.abc import Iterator

import duckdb

from tabular.profile import LABELED, Column, DataWarning

MOSTLY_MISSING = 0.5
MIN_IDENTIFIER_ROWS = 20  # in fewer rows, distinct values are no surprise
MAX_DUPLICATE_CELLS = 5_000_000  # in larger tables the search for repeated rows costs more than it is worth


def column_warnings(column: Column, rows: int) -> Iterator[DataWarning]:
    """Yield what makes a column useless or doubtful."""
    name = column.name
    if column.missing == rows:
        yield DataWarning(code="all_missing", column=name, detail=f"{name!r} has no values.", fix="Leave it out.")
    elif column.distinct == 1:
        yield DataWarning(code="constant", column=name, detail=f"{name!r} has only one value.", fix="Leave it out.")
    elif column.type in LABELED and column.distinct == rows - column.missing and rows >= MIN_IDENTIFIER_ROWS:
        detail = f"Every row has a different value of {name!r}, as in an identifier."
        yield DataWarning(code="identifier", column=name, detail=detail, fix="The column is not used as a feature.")
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
