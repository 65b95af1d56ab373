"""Detect how the dates of a staged column are written, and read them."""

from dataclasses import dataclass

import duckdb

from tabular.profile import DataWarning
from tabular.sql import literal

ISO = "iso"
DATE_FORMATS = (
    ISO, "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%y", "%d/%m/%y",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DateReading:
    """The format that fits most values of a column. `fitting`: how many; `ambiguous`: the other order fits as well."""

    format: str
    fitting: int
    ambiguous: bool


def find_date_format(connection: duckdb.DuckDBPyConnection, cell: str) -> DateReading:
    """Return the date format that fits most values of a column (SQL) of the view `staged`."""
    tests = ", ".join(f"count({date_expression(cell, format_)})" for format_ in DATE_FORMATS)
    hits = connection.execute(f"SELECT {tests} FROM staged").fetchone() or (0,)  # noqa: S608 - no names
    best = max(hits)
    format_ = DATE_FORMATS[hits.index(best)]
    ambiguous = best > 0 and hits.count(best) > 1 and format_.startswith("%m")
    return DateReading(format=format_, fitting=best, ambiguous=ambiguous)


def date_expression(cell: str, format_: str) -> str:
    """Return SQL for the timestamp in UTC that a cell (SQL) holds, null if it holds none."""
    if format_ == ISO:  # the pattern keeps out words that DuckDB reads as times, such as epoch
        utc = f"make_timestamp(epoch_us(TRY_CAST({cell} AS TIMESTAMPTZ)))"  # a cast to TIMESTAMP drops offsets
        return f"CASE WHEN regexp_matches({cell}, '^[0-9]{{4}}[-/]') THEN {utc} END"
    return f"try_strptime({cell}, {literal(format_)})"


def ambiguous_dates(name: str) -> DataWarning:
    """Return the warning that month and day may be swapped."""
    return DataWarning(
        code="ambiguous_dates",
        column=name,
        detail=f"The dates of {name!r} can be read as month/day or day/month; they are read as month/day.",
        fix="Write dates as YYYY-MM-DD.",
    )
