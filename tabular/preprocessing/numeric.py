"""How a column of numbers or times becomes inputs of a network: learned from training rows, applied to any rows.

Every encoder is a value with `width` (inputs it fills), `write` (column -> inputs) and `names` (one per input).
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from tabular.statistics import mean_and_stddev
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

LARGEST = 1e4  # standardised values stay within: no training row of less than 10^8 can lie outside
SKEWED = 3.0  # third standardised moment from which a long tail is put on a logarithmic scale
MAX_RAW = float(np.finfo(np.float32).max)

YEAR_US = 365.2425 * 86_400e6
CYCLES = {"month": 12, "weekday": 7, "hour": 24}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standardized:
    """Numbers with the training rows' mean 0 and standard deviation 1.

    A missing number becomes `fill`, the training median; `indicator`: one more input is 1 where it was missing.
    `scale` "log1p": the logarithm of 1 + x is standardised instead of x, for amounts with a long tail.
    """

    encoding: ClassVar[str] = "standardize"
    fill: float
    indicator: bool
    scale: Literal["linear", "log1p"]
    mean: float
    stddev: float

    @classmethod
    def fit(cls, column: TableColumn) -> "Standardized":
        """Learn from the training rows of a number column."""
        known = column.values[~column.missing].astype(np.float64)
        fill = _median(known)
        values = np.where(column.missing, fill, column.values).astype(np.float64)
        scale: Literal["linear", "log1p"] = "log1p" if _long_tail(known) else "linear"
        if scale == "log1p":
            values = np.log1p(values)
        mean, stddev = mean_and_stddev(values)
        return cls(fill=fill, indicator=bool(column.missing.any()), scale=scale, mean=mean, stddev=stddev or 1.0)

    @property
    def width(self) -> int:
        """Inputs filled."""
        return 1 + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        return [column, f"{column} is missing"][: self.width]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out` (n, width), zeros before."""
        values = np.where(column.missing, self.fill, column.values).astype(np.float64)
        if self.scale == "log1p":
            np.log1p(np.maximum(values, 0.0, out=values), out=values)
        with np.errstate(over="ignore"):  # what overflows is clipped
            out[:, 0] = np.clip((values - self.mean) / self.stddev, -LARGEST, LARGEST)
        if self.indicator:
            out[:, 1] = column.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """Numbers as they are; a missing one becomes `fill`, with an `indicator` if training rows miss some."""

    encoding: ClassVar[str] = "none"
    fill: float
    indicator: bool

    @classmethod
    def fit(cls, column: TableColumn) -> "Raw":
        """Learn from the training rows of a number column."""
        known = column.values[~column.missing]
        return cls(fill=_median(known), indicator=bool(column.missing.any()))

    @property
    def width(self) -> int:
        """Inputs filled."""
        return 1 + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        return [column, f"{column} is missing"][: self.width]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out` (n, width), zeros before."""
        values = np.where(column.missing, self.fill, column.values).astype(np.float64)
        out[:, 0] = np.clip(values, -MAX_RAW, MAX_RAW)
        if self.indicator:
            out[:, 1] = column.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Times as years since the training rows' mean, standardised, and as positions in the cycles that vary.

    `cycles`: month, weekday, hour, each a sine and a cosine. A missing time fills only its `indicator`.
    """

    encoding: ClassVar[str] = "datetime"
    mean: float
    stddev: float
    cycles: tuple[str, ...]
    indicator: bool

    @classmethod
    def fit(cls, column: TableColumn) -> "Calendar":
        """Learn from the training rows of a time column."""
        known = column.values[~column.missing]
        mean, stddev = mean_and_stddev(known / YEAR_US)
        cycles = tuple(cycle for cycle in CYCLES if np.unique(_position(known, cycle)).size > 1)
        return cls(mean=mean, stddev=stddev or 1.0, cycles=cycles, indicator=bool(column.missing.any()))

    @property
    def width(self) -> int:
        """Inputs filled."""
        return 1 + 2 * len(self.cycles) + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        waves = [f"{column} {wave} of {cycle}" for cycle in self.cycles for wave in ("sine", "cosine")]
        return [column, *waves, *([f"{column} is missing"] * self.indicator)]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out` (n, width), zeros before."""
        known = ~column.missing
        values = column.values[known]
        out[known, 0] = np.clip((values / YEAR_US - self.mean) / self.stddev, -LARGEST, LARGEST)
        for place, cycle in enumerate(self.cycles):
            angle = 2 * np.pi * _position(values, cycle) / CYCLES[cycle]
            out[known, 1 + 2 * place] = np.sin(angle)
            out[known, 2 + 2 * place] = np.cos(angle)
        if self.indicator:
            out[:, -1] = column.missing


def _median(values: Array) -> float:
    """Return the median of (n,) numbers, 0 of none; of halves, as the sum of two large numbers overflows."""
    return 2 * float(np.median(values / 2)) if values.size else 0.0


def _long_tail(values: Floats) -> bool:
    if not values.size or values.min() < 0:
        return False
    mean, stddev = mean_and_stddev(values)
    return stddev > 0 and float(np.mean(((values - mean) / stddev) ** 3)) > SKEWED


def _position(microseconds: Array, cycle: str) -> Floats:
    """Return the place (n,) in a cycle: month 0-11, weekday 0-6 from Monday, hour 0-24 with fractions."""
    if cycle == "month":
        months = microseconds.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        return (months % 12).astype(np.float64)
    days, of_day = np.divmod(microseconds, 86_400_000_000)
    if cycle == "weekday":
        return ((days + 3) % 7).astype(np.float64)  # 1 January 1970 was a Thursday
    return of_day / 3_600e6
