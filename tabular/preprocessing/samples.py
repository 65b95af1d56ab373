"""The inputs of samples: of single rows, or of windows of a time series."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tabular.planning.plan import Plan
from tabular.preprocessing.preprocessor import Preprocessor
from tabular.preprocessing.windows import TimeSeries
from tabular.table import Table

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """A table whose rows are samples, or the targets of windows. A sample has the number of the row with its target."""

    table: Table
    series: TimeSeries | None

    @classmethod
    def of(cls, table: Table, plan: Plan) -> "Samples":
        """Return the samples of a plan."""
        return cls(table=table, series=TimeSeries.of(table, plan.sequence) if plan.sequence else None)

    def complete(self, rows: Index) -> Index:
        """Return the rows that are samples: all of them, or those with a whole window before them.

        Raises:
            ValueError: no row has a whole window before it.
        """
        if self.series is None:
            return rows
        found = self.series.predictable(rows)
        if not found.size:
            sequence = self.series.sequence
            detail = f"no series has {sequence.span} rows, which a window of {sequence.window} and its target need"
            raise ValueError(detail)
        return found

    def input_rows(self, rows: Index) -> Index:
        """Return the rows of the table that the inputs of samples are made of, each once."""
        return rows if self.series is None else np.unique(self.series.windows(rows))

    def inputs(self, preprocessor: Preprocessor, rows: Index, dtype: npt.DTypeLike) -> Array:
        """Return the inputs of samples: (n, width), or (n, window * width), the oldest row first."""
        if self.series is None:
            return preprocessor.transform(self.table, rows, dtype=dtype)
        return window_inputs(preprocessor, self.table, self.series.windows(rows), dtype)


def window_inputs(preprocessor: Preprocessor, table: Table, windows: Index, dtype: npt.DTypeLike) -> Array:
    """Return the inputs (n, window * width) of windows (n, window) of row numbers."""
    used, places = np.unique(windows, return_inverse=True)
    encoded = preprocessor.transform(table, used, dtype=dtype)
    return encoded[places.reshape(windows.shape)].reshape(len(windows), windows.shape[1] * preprocessor.width)
