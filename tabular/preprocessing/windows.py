"""Order the rows of a table as time series, and find the windows that predict what follows."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tabular.sequence import SequenceSpec
from tabular.table import Table

Index = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """The rows of a table, series by series, each in the order of its times.

    `order`: row numbers (n,), without rows that have no time or no group; rows with the same time stay in file order.
    `place`: of each row of the table in `order`, -1 for rows that are left out. `start`: of each place in `order`, the
    place of the first row of its series.
    """

    sequence: SequenceSpec
    order: Index
    place: Index
    start: Index

    @classmethod
    def of(cls, table: Table, sequence: SequenceSpec) -> "TimeSeries":
        """Order the rows of a table."""
        times = table.columns[sequence.order_by]
        group, known = _groups(table, sequence)
        rows = np.flatnonzero(known & ~times.missing)
        order = rows[np.lexsort((times.values[rows], group[rows]))]
        place = np.full(table.rows, -1, dtype=np.int64)
        place[order] = np.arange(len(order))
        begins = np.flatnonzero(np.diff(group[order], prepend=-1))
        lengths = np.diff(np.append(begins, len(order)))
        return cls(sequence=sequence, order=order, place=place, start=np.repeat(begins, lengths))

    def predictable(self, rows: Index) -> Index:
        """Return those of `rows` that come after a whole window of their series."""
        places = self.place[rows]
        before = np.where(places < 0, -1, places - self.start[places])
        return rows[before >= self.sequence.span - 1]

    def windows(self, rows: Index) -> Index:
        """Return the row numbers of the windows that predict `rows`, (n, window), oldest first."""
        last = self.place[rows] - self.sequence.horizon
        places: Index = last[:, None] + np.arange(1 - self.sequence.window, 1)
        found: Index = self.order[places]
        return found

    def last_known(self, rows: Index, missing: Flags) -> Index:
        """Return for each of `rows` the latest row, up to the end of its window, whose value is not missing; or -1."""
        places = np.where(missing[self.order], -1, np.arange(len(self.order)))
        latest = np.maximum.accumulate(places)[self.place[rows] - self.sequence.horizon]
        is_known = latest >= self.start[self.place[rows]]
        found: Index = np.where(is_known, self.order[latest], -1)
        return found

    def latest_windows(self) -> Index:
        """Return the last `window` rows of each series, (series, window), in the order of the series' first rows.

        Raises:
            ShortSeries: a series has fewer rows.
        """
        ends = np.append(np.flatnonzero(np.diff(self.start)), len(self.order) - 1)
        lengths = ends - self.start[ends] + 1
        if (short := np.flatnonzero(lengths < self.sequence.window)).size:
            raise ShortSeries(self.order[ends[short[0]]], int(lengths[short[0]]))
        windows: Index = self.order[ends[:, None] + np.arange(1 - self.sequence.window, 1)]
        first_rows = np.minimum.reduceat(self.order, self.start[ends])
        return windows[np.argsort(first_rows)]


class ShortSeries(Exception):
    """A series has fewer rows than a window. `row` is one of them."""

    def __init__(self, row: int, length: int) -> None:
        self.row, self.length = row, length
        super().__init__(f"a series has {length} rows")


def _groups(table: Table, sequence: SequenceSpec) -> tuple[Index, Flags]:
    """Return the number of each row's series, (n,), and whether it is known."""
    if sequence.group_by is None:
        return np.zeros(table.rows, dtype=np.int64), np.ones(table.rows, dtype=np.bool_)
    column = table.columns[sequence.group_by]
    _, numbers = np.unique(column.values, return_inverse=True)
    return numbers.astype(np.int64), ~column.missing
