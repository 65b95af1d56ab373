"""Recognize number columns whose outliers would ruin standardization, from the profile alone."""

from dataclasses import dataclass
from math import log1p

from tabular.profile import Column

MAX_DISTANCE = 50.0  # from the median, in ranges of the inner 99 % of the values
MAX_LOG_DISTANCE = 3.0  # the same for logarithms, which long tails get; Pareto tails of 10^6 rows stay below
MAX_EXACT = 10**15  # larger whole numbers are written with an exponent


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """The value farthest from the median of its column, and the range of the inner 99 % of the values."""

    value: float
    low: float
    high: float

    def describe(self, column: str, row: int | None) -> str:
        """Return a sentence about the value. `row`: where it is, from 1; None if that is unknown."""
        place = "" if row is None else f" in row {row:,}"
        ends = f"{shown_number(self.low)} and {shown_number(self.high)}"
        return f"{column!r} has the value {shown_number(self.value)}{place}, but 99 % of its values are between {ends}."


def harmful_outlier(column: Column) -> Outlier | None:
    """Return the value because of which standardization would make all other values of a column nearly equal.

    A column without negative numbers is standardized by its logarithms if it has a long tail, so there a value counts
    only if its logarithm is far from the others, too.
    """
    quantiles, low, high = column.quantiles, column.min, column.max
    if quantiles is None or not isinstance(low, (int, float)) or not isinstance(high, (int, float)):
        return None
    if quantiles.lower_quartile == quantiles.upper_quartile:
        return None  # most values are equal, so there is no range to measure distances by
    value = max(low, high, key=lambda extreme: abs(extreme / 2 - quantiles.median / 2))
    if not _is_far(value, (quantiles.low, quantiles.median, quantiles.high), MAX_DISTANCE):
        return None
    logarithms = (log1p(max(quantiles.low, 0)), log1p(max(quantiles.median, 0)), log1p(max(quantiles.high, 0)))
    if low >= 0 and not _is_far(log1p(value), logarithms, MAX_LOG_DISTANCE):
        return None
    return Outlier(value=value, low=quantiles.low, high=quantiles.high)


def _is_far(value: float, inner: tuple[float, float, float], distance: float) -> bool:
    """Tell whether a value is more than `distance` ranges from the median; `inner`: low, median, high."""
    low, median, high = inner
    return abs(value / 2 - median / 2) > distance * (high / 2 - low / 2)  # halves, so that no difference overflows


def shown_number(value: float) -> str:
    """Return a number as people write it."""
    return str(int(value)) if float(value).is_integer() and abs(value) < MAX_EXACT else repr(float(value))
