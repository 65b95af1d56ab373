"""Warn about time series whose rows are not regular: repeated times, gaps, and series that are too short."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tabular.preprocessing.windows import TimeSeries
from tabular.profile import DataWarning
from tabular.table import Table

MIN_GAP = 1.5  # times the usual step; months differ by less
UNITS = (("day", 86_400e6), ("hour", 3_600e6), ("minute", 60e6), ("second", 1e6))  # in microseconds


def series_warnings(table: Table, series: TimeSeries) -> Iterator[DataWarning]:
    """Yield what a look at the order of the rows shows."""
    name = series.sequence.order_by
    times, starts = table.columns[name].values[series.order], series.start
    inside = np.flatnonzero(starts[1:] == starts[:-1]) + 1  # places that follow a row of the same series
    steps = times[inside] - times[inside - 1]
    yield from _repeated(series, int(np.count_nonzero(steps == 0)))
    is_time = table.columns[name].kind == "datetime"
    yield from _gaps(series, steps[steps > 0].astype(np.float64), is_time=is_time)
    yield from _short(series)


def _repeated(series: TimeSeries, count: int) -> Iterator[DataWarning]:
    if not count:
        return
    name, group = series.sequence.order_by, series.sequence.group_by
    fix = "Remove the repeated rows, or make the times more exact."
    where = f"of the same {group!r} " if group else ""
    if not group:
        fix = (
            'If the rows belong to several series, name their column in "sequence": {"group_by": …}. Otherwise: ' + fix
        )
    detail = (
        f"{count:,} rows have the same {name!r} as another row {where}before them. They keep the order of the file."
    )
    yield DataWarning(code="repeated_times", column=name, detail=detail, fix=fix)


def _gaps(series: TimeSeries, steps: npt.NDArray[np.float64], *, is_time: bool) -> Iterator[DataWarning]:
    if not steps.size:
        return
    usual = float(np.median(steps))
    longer = steps[steps > MIN_GAP * usual]
    if not longer.size:
        return
    name = series.sequence.order_by
    detail = (
        f"{name!r} usually grows by {_shown(usual, is_time=is_time)} from row to row, but {longer.size:,} steps are "
        f"longer, up to {_shown(float(longer.max()), is_time=is_time)}. Windows and the horizon count rows, not time."
    )
    fix = "Add the rows that are missing; their unknown values can stay empty."
    yield DataWarning(code="time_gaps", column=name, detail=detail, fix=fix)


def _shown(step: float, *, is_time: bool) -> str:
    if not is_time:
        return f"{step:g}"
    unit, length = next(((unit, length) for unit, length in UNITS if step >= length), UNITS[-1])
    count = step / length
    return f"{count:.3g} {unit}{'' if count == 1 else 's'}"


def _short(series: TimeSeries) -> Iterator[DataWarning]:
    group, span = series.sequence.group_by, series.sequence.span
    if group is None:
        return
    _, lengths = np.unique(series.start, return_counts=True)
    count = int(np.count_nonzero(lengths < span))
    if count:
        detail = f"{count:,} of {len(lengths):,} series have fewer than {span:,} rows, so nothing is learned from them."
        yield DataWarning(code="short_series", column=group, detail=detail, fix="Shorten `window` or `horizon`.")
