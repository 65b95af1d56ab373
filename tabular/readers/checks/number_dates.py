"""Warn about whole numbers that look like dates: 20260131, 1312026, 1767225600 or 46053."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

import duckdb

from tabular.profile import Column, DataWarning
from tabular.readers.reading_warnings import looks_like_dates
from tabular.readers.values.date_patterns import COMPACT, expression

YEARS = (1900, 2100)  # of dates that are written as numbers
COMPACT_RANGE = (1_01_1900, 31_12_2100)
MIN_COMPACT = 10  # different values, so that all are dates only by chance in no real column
EPOCHS = {"epoch_s": 1, "epoch_ms": 1_000}  # units in a second
EPOCH_RANGE = (946_684_800, 2_208_988_800)  # seconds, 2000 to 2039
EXCEL_RANGE = (20_000, 60_000)  # days, 1954 to 2064
TIME_NAME = re.compile(
    r"(?i)(^|[\W_])(at|on|date|day|time|timestamp|ts|epoch|ymd|yyyymmdd|created|updated|ms)$|_ms$|date|time|datum|fecha|data$"
)


def number_dates(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Iterator[DataWarning]:
    """Yield a warning about each column whose numbers look like dates."""
    for place, column in enumerate(columns):
        if column.type != "number" or not column.integer or column.distinct < 2:
            continue
        if pattern := _pattern(column) or _compact_pattern(connection, place, column):
            yield looks_like_dates(column.name, str(column.min), pattern, "numbers")


def _pattern(column: Column) -> str | None:
    """Return the pattern that the smallest and the largest number have."""
    low, high = column.min, column.max
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return None
    if _is_date(low) and _is_date(high):
        return "%Y%m%d"
    if not TIME_NAME.search(column.name):
        return None
    if EXCEL_RANGE[0] <= low <= high <= EXCEL_RANGE[1]:
        return "excel"
    return next((name for name, units in EPOCHS.items() if _in_epoch(low / units) and _in_epoch(high / units)), None)


def _in_epoch(seconds: float) -> bool:
    return EPOCH_RANGE[0] <= seconds <= EPOCH_RANGE[1]


def _is_date(number: float) -> bool:
    year, rest = divmod(int(number), 10_000)
    try:
        return YEARS[0] <= date(year, *divmod(rest, 100)).year <= YEARS[1]
    except (ValueError, OverflowError):  # a year of ten digits or more overflows
        return False


def _compact_pattern(connection: duckdb.DuckDBPyConnection, place: int, column: Column) -> str | None:
    """Return the pattern if all numbers are dates whose year is last, such as 1312026."""
    low, high = column.min, column.max
    if not isinstance(low, int) or not isinstance(high, int) or column.distinct < MIN_COMPACT:
        return None
    if low < COMPACT_RANGE[0] or high > COMPACT_RANGE[1]:
        return None
    years = [f"year({expression(f'c{place}::VARCHAR', [pattern])})" for pattern in COMPACT]
    fits = ", ".join(f"bool_and(coalesce({year} BETWEEN {YEARS[0]} AND {YEARS[1]}, false))" for year in years)
    query = f"SELECT {fits} FROM profiled WHERE c{place} IS NOT NULL"  # noqa: S608 - no names
    found = connection.execute(query).fetchone() or ()
    return next((pattern for pattern, fit in zip(COMPACT, found, strict=True) if fit), None)
