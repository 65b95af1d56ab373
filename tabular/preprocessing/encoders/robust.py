"""Encoders for numbers with outliers: robust scaling, and quantiles mapped to a normal distribution.

An encoder has the methods described in `tabular.preprocessing.encoders.numeric`.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.encodings import Encoding
from tabular.preprocessing.encoders.indicators import OneInput, has_indicator
from tabular.statistics import median_of
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

CLIP = 3.0  # the limit of a robust input, which it approaches smoothly
MAX_UNCLIPPED = 1e6  # its square is far from overflow, and it is clipped to CLIP in float64
MAX_POINTS = 129  # of a quantile curve


@dataclass(frozen=True, slots=True, kw_only=True)
class RobustEncoder(OneInput):
    """Numbers as distances from the median in interquartile ranges, smoothly clipped: x / sqrt(1 + (x / 3)^2).

    If the interquartile range of the training rows is 0, the unit is half the range; for equal numbers all inputs are
    0. No input is beyond 3, so an outlier cannot dominate. A missing number becomes the median; `indicator`: another
    input is 1 where the number is missing.
    """

    encoding: ClassVar[Encoding] = "robust"
    median: float
    unit: float
    indicator: bool

    @classmethod
    def fit(cls, column: TableColumn, *, indicator: bool | None = None) -> "RobustEncoder":
        """Learn from the training rows of a number column."""
        known = column.values[~column.missing].astype(np.float64)
        indicates = has_indicator(column, requested=indicator)
        return cls(median=median_of(known), unit=robust_unit(known), indicator=indicates)

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        if self.unit:
            values = np.where(column.missing, self.median, column.values).astype(np.float64)
            out[:, 0] = clipped_distances(values, self.median, self.unit)
        if self.indicator:
            out[:, 1] = column.missing


def clipped_distances(values: Floats, median: float | Floats, unit: float | Floats) -> Floats:
    """Return the distances from the median in units, smoothly clipped at CLIP; one median and unit, or (k, 1)."""
    with np.errstate(over="ignore"):  # what overflows is clipped
        distances = (values / 2 - median / 2) / (unit / 2)  # halves, so that no difference overflows
    distances = np.clip(distances, -MAX_UNCLIPPED, MAX_UNCLIPPED)
    clipped: Floats = distances / np.sqrt(1 + (distances / CLIP) ** 2)
    return clipped


def robust_unit(known: Floats) -> float:
    """Return the interquartile range of (n,) numbers, or half the range where that is 0; at most 1.7e308."""
    if not known.size:
        return 0.0
    low, lower, upper, high = (float(value) for value in np.quantile(known / 2, [0, 0.25, 0.75, 1]))
    return min(2 * (upper - lower) or high - low, float(np.finfo(np.float64).max))


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileEncoder(OneInput):
    """Numbers by their rank among the training rows, as values of a normal distribution.

    `values` are numbers of the training rows in ascending order, `scores` their normal quantiles. Numbers between two
    values are interpolated; numbers outside get the first or the last score. A missing number becomes the median, 0;
    `indicator`: another input is 1 where the number is missing.
    """

    encoding: ClassVar[Encoding] = "quantile"
    values: tuple[float, ...]
    scores: tuple[float, ...]
    indicator: bool

    @classmethod
    def fit(cls, column: TableColumn, *, indicator: bool | None = None) -> "QuantileEncoder":
        """Learn from the training rows of a number column."""
        known = column.values[~column.missing].astype(np.float64)
        values, scores = _normal_scores(known)
        return cls(values=values, scores=scores, indicator=has_indicator(column, requested=indicator))

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        if self.values:
            known = ~column.missing
            points = np.array(self.values) / 4  # quarters, so that no difference overflows
            out[known, 0] = np.interp(column.values[known] / 4, points, self.scores)
        if self.indicator:
            out[:, 1] = column.missing


def _normal_scores(known: Floats) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return at most MAX_POINTS different values of (n,) numbers, and their normal quantiles.

    Equal numbers share the middle of their ranks.
    """
    values, counts = np.unique(known, return_counts=True)
    below = np.cumsum(counts) - counts
    if values.size > MAX_POINTS:  # keep the values at equally spaced ranks, and the smallest and the largest
        ranks = np.linspace(0, known.size - 1, MAX_POINTS)
        kept = np.unique(np.searchsorted(below, ranks, side="right") - 1)
        values, counts, below = values[kept], counts[kept], below[kept]
    shares = (below + counts / 2) / max(known.size, 1)
    return tuple(values.tolist()), tuple(map(NormalDist().inv_cdf, shares.tolist()))
