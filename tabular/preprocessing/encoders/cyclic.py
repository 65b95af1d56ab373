"""The encoder for values that come round again: positions in the year, the week or the day, or in a given period.

An encoder has the methods described in `tabular.preprocessing.encoders.numeric`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.encodings import CYCLES, Encoding
from tabular.preprocessing.encoders.indicators import has_indicator
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

DAY_US = 86_400_000_000
HOUR_US = 3_600e6


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclicEncoder:
    """The sine and the cosine of the position in each cycle; a missing value fills only its `indicator`.

    `cycles` of a time: month, weekday, hour. `period` of a number: after how much it is in the same position again.
    """

    encoding: ClassVar[Encoding] = "cyclic"
    cycles: tuple[str, ...]
    period: float | None
    indicator: bool

    @classmethod
    def fit(
        cls,
        column: TableColumn,
        *,
        cycles: Sequence[str] | None = None,
        period: float | None = None,
        indicator: bool | None = None,
    ) -> "CyclicEncoder":
        """Learn from the training rows of a column of times or numbers which cycles vary, unless they are given."""
        if period is None:
            cycles = varying_cycles(column.values[~column.missing]) if cycles is None else tuple(cycles)
        indicates = has_indicator(column, requested=indicator)
        return cls(cycles=tuple(cycles or ()), period=period, indicator=indicates)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return 2 * (len(self.cycles) or 1) * (bool(self.cycles) or self.period is not None) + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        names = wave_names(column, self.cycles or (() if self.period is None else (f"{self.period:g}",)))
        return [*names, *([f"{column} is missing"] * self.indicator)]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        known = ~column.missing
        values = column.values[known]
        if self.period is not None:
            turns = iter([np.mod(values.astype(np.float64), self.period) / self.period])
        else:
            turns = turns_of(values, self.cycles)
        write_waves(turns, known, out)
        if self.indicator:
            out[:, -1] = column.missing


def varying_cycles(microseconds: Array) -> tuple[str, ...]:
    """Return the cycles in which (n,) times have more than one position."""
    return tuple(cycle for cycle in CYCLES if np.unique(_position(microseconds, cycle)).size > 1)


def turns_of(microseconds: Array, cycles: Sequence[str]) -> Iterator[Floats]:
    """Yield the positions (n,) in each cycle, in turns from 0 to 1."""
    return (_position(microseconds, cycle) / CYCLES[cycle] for cycle in cycles)


def write_waves(turns: Iterator[Floats], known: npt.NDArray[np.bool_], out: Array) -> None:
    """Write the sine and the cosine of each position into two columns of `out`."""
    for index, turn in enumerate(turns):
        out[known, 2 * index] = np.sin(2 * np.pi * turn)
        out[known, 2 * index + 1] = np.cos(2 * np.pi * turn)


def wave_names(column: str, cycles: Sequence[str]) -> list[str]:
    """Return the names of the inputs of each cycle."""
    return [f"{column} {wave} of {cycle}" for cycle in cycles for wave in ("sine", "cosine")]


def _position(microseconds: Array, cycle: str) -> Floats:
    """Return the position (n,) in a cycle: month 0-11, weekday 0-6 from Monday, hour 0-24 with fractions."""
    if cycle == "month":
        months = microseconds.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)
        return (months % 12).astype(np.float64)
    days, of_day = np.divmod(microseconds, DAY_US)
    if cycle == "weekday":
        return ((days + 3) % 7).astype(np.float64)  # 1 January 1970 was a Thursday
    return of_day / HOUR_US
