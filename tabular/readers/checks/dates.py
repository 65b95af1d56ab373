"""Warn about dates that are probably typing errors, and about a default date that stands for "no value"."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.profile import Column, DataWarning
from tabular.readers.checks.cells import first_row, known_times, spelling
from tabular.readers.options import listed
from tabular.readers.reading_warnings import counted

Times = npt.NDArray[Any]
DAY = 86_400_000_000  # microseconds
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times are UTC throughout
MIN_ROWS = 20
MIN_DISTINCT = 10
MAX_FAR_SHARE = 0.02  # of the dates; more of them are no typing errors
MIN_FAR_DAYS = 30 * 365  # beyond the middle 90 % of the dates
FAR_SPANS = 3  # the same, in spans of the middle 90 %
DEFAULT_DATES = frozenset(
    (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)
    for text in (
        "0001-01-01", "1753-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1901-01-01", "1970-01-01", "1980-01-01",
        "2000-01-01", "2099-12-31", "2999-12-31", "9999-12-31",
    )
)  # fmt: skip
MIN_DEFAULT_SHARE = 0.01  # of a usual default date
MIN_OVER_AVERAGE = 5  # times as often as other dates
DOMINATING_SHARE = 0.3  # of any other date


def suspicious_dates(connection: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> Iterator[DataWarning]:
    """Yield warnings about each datetime column: a default date, and dates far from all others."""
    for place, column in enumerate(columns):
        if column.type != "datetime" or column.distinct < MIN_DISTINCT:
            continue
        times = np.sort(known_times(connection, place))
        default = default_time(times)
        if default is not None:
            count = int((times == default).sum())
            cell = spelling(connection, place, first_row(connection, f"epoch_us(c{place})", default))
            yield _default_warning(column, default, count, times.size, cell)
            times = times[times != default]
        if (far := far_time(times)) is not None:
            row = first_row(connection, f"epoch_us(c{place})", far)
            yield _far_warning(column, far, row, spelling(connection, place, row))


def default_time(times: Times) -> int | None:
    """Return the one of (n,) sorted times that is probably a default value."""
    values, counts = np.unique(times, return_counts=True)
    most = int(counts.argmax())
    dominating = counts[most] > DOMINATING_SHARE * times.size
    usual = int(values[most]) in DEFAULT_DATES and counts[most] >= MIN_DEFAULT_SHARE * times.size
    repeated = counts[most] > 1 and counts[most] * values.size >= MIN_OVER_AVERAGE * times.size
    return int(values[most]) if (dominating or usual) and repeated else None


def far_time(times: Times) -> int | None:
    """Return the one of (n,) sorted times that is farthest from the others, if only few are far from them."""
    if times.size < MIN_ROWS:
        return None
    low, middle, high = (int(times[round(share * (times.size - 1))]) for share in (0.05, 0.5, 0.95))
    margin = max(MIN_FAR_DAYS * DAY, FAR_SPANS * (high - low))
    far = times[(times < low - margin) | (times > high + margin)]
    if not 0 < far.size <= max(1, MAX_FAR_SHARE * times.size):
        return None
    return int(far[np.argmax(np.abs(far - middle))])


def _shown(time: int) -> str:
    moment = EPOCH + timedelta(microseconds=time)
    return moment.date().isoformat() if time % DAY == 0 else moment.isoformat(sep=" ", timespec="seconds")


def _default_warning(column: Column, time: int, count: int, known: int, cell: str | None) -> DataWarning:
    fix = f"If so, send ?missing={listed(cell)}." if cell else "If so, leave these cells empty."
    return DataWarning(
        code="default_date",
        column=column.name,
        detail=f"{counted(count, 'value')} of {known:,} in {column.name!r} are {_shown(time)}, far more than of any "
        "other date. It may be a default that means that there is no date.",
        fix=fix,
    )


def _far_warning(column: Column, time: int, row: int, cell: str | None) -> DataWarning:
    otherwise = f" If it means that there is no date, send ?missing={listed(cell)}." if cell else ""
    return DataWarning(
        code="suspicious_date",
        column=column.name,
        detail=f"The date {_shown(time)} in row {row:,} of {column.name!r} is far from the other dates.",
        fix=f"Correct it or leave the cell empty.{otherwise}",
    )
