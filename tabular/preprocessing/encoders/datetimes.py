"""The encoder for dates and times; an encoder has the methods described in `tabular.preprocessing.encoders.numeric`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.encodings import Encoding
from tabular.preprocessing.encoders.cyclic import turns_of, varying_cycles, wave_names, write_waves
from tabular.preprocessing.encoders.indicators import has_indicator
from tabular.preprocessing.encoders.numeric import MAX_STANDARDIZED
from tabular.preprocessing.encoders.robust import clipped_distances, robust_unit
from tabular.statistics import mean_and_stddev, median_of
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

YEAR_US = 365.2425 * 86_400e6

MIN_TIMES = 20  # in fewer rows, no time is far from the others
OUTER_SHARE = 0.005  # of the times, on each side, that are not among the inner 99 %
MAX_DISTANCE = 50.0  # from the median, in ranges of the inner times; as for numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class DatetimeEncoder:
    """Standardized years, and the positions in those cycles that vary in the training rows.

    `cycles`: month, weekday, hour; each makes a sine and a cosine. A missing time fills only its `indicator`.
    `robust`: a time far from all others, such as the year 9999, would make these equal. So `mean` and `stddev` are the
    median and the interquartile range, and years are clipped as in RobustEncoder.
    """

    encoding: ClassVar[Encoding] = "datetime"
    mean: float
    stddev: float
    cycles: tuple[str, ...]
    indicator: bool
    robust: bool = False  # models of version 0.1.0 do not store it

    @classmethod
    def fit(
        cls, column: TableColumn, *, cycles: Sequence[str] | None = None, indicator: bool | None = None
    ) -> "DatetimeEncoder":
        """Learn from the training rows of a datetime column; `cycles`: those requested, None for those that vary."""
        known = column.values[~column.missing]
        years = known / YEAR_US
        robust = _has_far_time(years)
        mean, stddev = (median_of(years), robust_unit(years)) if robust else mean_and_stddev(years)
        cycles = varying_cycles(known) if cycles is None else tuple(cycles)
        indicates = has_indicator(column, requested=indicator)
        return cls(mean=mean, stddev=stddev or 1.0, cycles=cycles, indicator=indicates, robust=robust)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return 1 + 2 * len(self.cycles) + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        return [column, *wave_names(column, self.cycles), *([f"{column} is missing"] * self.indicator)]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        known = ~column.missing
        values = column.values[known]
        if self.robust:
            out[known, 0] = clipped_distances(values / YEAR_US, self.mean, self.stddev)
        else:
            years = (values / YEAR_US - self.mean) / self.stddev
            out[known, 0] = np.clip(years, -MAX_STANDARDIZED, MAX_STANDARDIZED)
        write_waves(turns_of(values, self.cycles), known, out[:, 1:])
        if self.indicator:
            out[:, -1] = column.missing


def _has_far_time(years: Floats) -> bool:
    """Tell whether a time is farther from the median than MAX_DISTANCE times the range of the inner 99 % of (n,)."""
    if years.size < MIN_TIMES:
        return False
    ordered = np.sort(years)
    outer = max(1, int(OUTER_SHARE * years.size))
    lower, median, upper = np.quantile(ordered, [0.25, 0.5, 0.75])
    farthest = max(ordered[-1] - median, median - ordered[0])
    return bool(lower < upper and farthest > MAX_DISTANCE * (ordered[-1 - outer] - ordered[outer]))
