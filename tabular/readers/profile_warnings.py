"""Warn about columns that are useless or doubtful, and about rows that repeat."""

import re
from collections.abc import Iterator
from datetime import date

import duckdb

from tabular.identifiers import is_identifier
from tabular.profile import Column, DataWarning
from tabular.readers.options import for_columns

MOSTLY_MISSING = 0.5
MAX_DUPLICATE_CELLS = 5_000_000  # in larger tables the search for repeated rows costs more than it is worth
YEARS = (1900, 2100)  # of dates that are written as numbers
REMOVE = "Remove the column from the file: a model can learn nothing from it."
EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000}  # units in a second
EPOCH_RANGE = (946_684_800, 2_208_988_800)  # seconds, 2000 to 2039
TIME_NAME = re.compile(
    r"(?i)(^|[\W_])(at|on|date|day|time|timestamp|ts|epoch|ymd|yyyymmdd|created|updated|ms)$|_ms$|date|time"
)


def column_warnings(column: Column, rows: int) -> Iterator[DataWarning]:
    """Yield what makes a column useless or doubtful."""
    name = column.name
    if column.missing == rows:
        yield DataWarning(code="all_missing", column=name, detail=f"{name!r} has no values.", fix=REMOVE)
    elif column.distinct == 1:
        yield DataWarning(code="constant", column=name, detail=f"{name!r} has only one value.", fix=REMOVE)
    elif is_identifier(column, rows):
        detail = f"Every row has a different value of {name!r}, as in an identifier."
        fix = f"Jobs leave it out. To use it anyway, list {name!r} in `features`."
        yield DataWarning(code="identifier", column=name, detail=detail, fix=fix)
    if MOSTLY_MISSING * rows < column.missing < rows:
        detail = f"{column.missing:,} of {rows:,} values of {name!r} are missing."
        yield DataWarning(code="mostly_missing", column=name, detail=detail)
    if pattern := number_date_pattern(column):
        yield DataWarning(
            code="looks_like_dates",
            column=name,
            detail=f"The numbers of {name!r} look like dates, such as {column.min}; they are read as numbers.",
            fix=f"If they are dates, send {for_columns('date_format', [name], pattern)}.",
        )


def number_date_pattern(column: Column) -> str | None:
    """Return the date pattern that whole numbers look like, such as 20260131 or 1767225600; None if they do not."""
    low, high = column.min, column.max
    if column.type != "number" or not column.integer or column.distinct < 2:
        return None
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return None
    if _is_date(low) and _is_date(high):
        return "%Y%m%d"
    for pattern, units in EPOCHS.items():
        if EPOCH_RANGE[0] <= low / units and high / units <= EPOCH_RANGE[1] and TIME_NAME.search(column.name):
            return pattern
    return None


def _is_date(number: float) -> bool:
    year, rest = divmod(int(number), 10_000)
    try:
        return YEARS[0] <= date(year, *divmod(rest, 100)).year <= YEARS[1]
    except ValueError:
        return False


def duplicate_rows(connection: duckdb.DuckDBPyConnection, rows: int, columns: int) -> Iterator[DataWarning]:
    """Yield a warning if rows of the view `profiled` repeat; nothing for a large table."""
    if rows * columns > MAX_DUPLICATE_CELLS:
        return
    query = "SELECT count(DISTINCT hash(profiled)) FROM profiled"
    (different,) = connection.execute(query).fetchone() or (rows,)
    if different < rows:
        detail = f"{rows - different:,} rows repeat another row."
        yield DataWarning(code="duplicate_rows", detail=detail, fix="Remove them if they were exported twice.")
