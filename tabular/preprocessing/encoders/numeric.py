"""Encoders for numbers: standardized or unchanged.

An encoder is a value fitted on training rows and applied to any rows. It has `width` (how many inputs it fills),
`write` (column to inputs) and `names` (one per input). `fit` learns it; its argument `indicator` is the requested
`missing_indicator`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from tabular.encodings import Encoding
from tabular.preprocessing.encoders.indicators import OneInput, has_indicator
from tabular.statistics import mean_and_stddev, median_of
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MAX_STANDARDIZED = 1e4  # in standard deviations; no training row can be outside if there are fewer than 10^8
MIN_SKEWNESS = 3.0  # third standardized moment of a long tail, which gets a logarithmic scale
MAX_RAW = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardizeEncoder(OneInput):
    """Numbers with mean 0 and standard deviation 1 on the training rows.

    A missing number becomes `fill`, the median of the training rows. `indicator`: another input is 1 where the number
    is missing. `scale` "log1p": the logarithm of 1 + x is standardized instead of x, for amounts with a long tail.
    """

    encoding: ClassVar[Encoding] = "standardize"
    fill: float
    indicator: bool
    scale: Literal["linear", "log1p"]
    mean: float
    stddev: float

    @classmethod
    def fit(
        cls, column: TableColumn, *, indicator: bool | None = None, padding: float | None = None
    ) -> "StandardizeEncoder":
        """Learn from the training rows of a number column. `padding`: 0 if missing values become 0, the mean."""
        known = column.values[~column.missing].astype(np.float64)
        fill = median_of(known)
        values = np.where(column.missing, fill, column.values).astype(np.float64)
        if padding is not None and known.size:
            mean, stddev = mean_and_stddev(known)
            return cls(fill=mean, indicator=False, scale="linear", mean=mean, stddev=stddev or 1.0)
        scale: Literal["linear", "log1p"] = "log1p" if _has_long_tail(known) else "linear"
        if scale == "log1p":
            values = np.log1p(values)
        mean, stddev = mean_and_stddev(values)
        indicates = has_indicator(column, requested=indicator)
        return cls(fill=fill, indicator=indicates, scale=scale, mean=mean, stddev=stddev or 1.0)

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        values = np.where(column.missing, self.fill, column.values).astype(np.float64)
        out[:, 0] = standardized(values, self.mean, self.stddev, np.array(self.scale == "log1p"))
        if self.indicator:
            out[:, 1] = column.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEncoder(OneInput):
    """Unchanged numbers; a missing one becomes `fill`. `indicator`: another input is 1 where the number is missing."""

    encoding: ClassVar[Encoding] = "none"
    fill: float
    indicator: bool

    @classmethod
    def fit(cls, column: TableColumn, *, indicator: bool | None = None, padding: float | None = None) -> "RawEncoder":
        """Learn from the training rows of a number column. `padding`: what missing values become; None: the median."""
        fill = median_of(column.values[~column.missing]) if padding is None else padding
        return cls(fill=fill, indicator=has_indicator(column, requested=indicator))

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        values = np.where(column.missing, self.fill, column.values).astype(np.float64)
        out[:, 0] = clipped_raw(values)
        if self.indicator:
            out[:, 1] = column.missing


def standardized(
    values: Floats, mean: float | Floats, stddev: float | Floats, logarithmic: npt.NDArray[np.bool_]
) -> Floats:
    """Return standardized values, of their logarithms where `logarithmic`; the arguments are one number, or (k, 1)."""
    if logarithmic.any():
        values[logarithmic] = np.log1p(np.maximum(values[logarithmic], 0.0))
    with np.errstate(over="ignore"):  # what overflows is clipped
        return np.clip((values - mean) / stddev, -MAX_STANDARDIZED, MAX_STANDARDIZED)


def clipped_raw(values: Floats) -> Floats:
    """Return values that float32 can hold."""
    return np.clip(values, -MAX_RAW, MAX_RAW)


def _has_long_tail(values: Floats) -> bool:
    if not values.size or values.min() < 0:
        return False
    mean, stddev = mean_and_stddev(values)
    return stddev > 0 and float(np.mean(((values - mean) / stddev) ** 3)) > MIN_SKEWNESS
