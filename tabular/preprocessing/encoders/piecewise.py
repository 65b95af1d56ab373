"""The encoder that divides the range of a number into bins, so that a network can learn steps and bends.

An encoder has the methods described in `tabular.preprocessing.encoders.numeric`.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.encodings import MAX_DEFAULT_BINS, Encoding
from tabular.preprocessing.encoders.indicators import has_indicator
from tabular.preprocessing.encoders.robust import clipped_distances, robust_unit
from tabular.statistics import median_of
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]

MIN_ROWS = 10  # of a bin on average; a network learns little from fewer


@dataclass(frozen=True, slots=True, kw_only=True)
class NumericEmbeddingEncoder:
    """A number as in RobustEncoder, and how much of each bin lies below it (Gorishniy et al., 2022).

    `edges`, in ascending order, divide the range of the training rows into bins. The input of a bin is 0 below it, 1
    above it, and between them grows linearly. With a `size`, the first layer of the network adds that many sums of
    waves of the first input, of as many waves as `frequencies`. A missing number becomes the median; `indicator`:
    another input is 1 where the number is missing.
    """

    encoding: ClassVar[Encoding] = "numeric_embedding"
    median: float
    unit: float
    edges: tuple[float, ...]
    indicator: bool
    size: int | None = None
    frequencies: int | None = None

    @classmethod
    def fit(
        cls,
        column: TableColumn,
        *,
        bins: int = MAX_DEFAULT_BINS,
        indicator: bool | None = None,
        size: int | None = None,
        frequencies: int | None = None,
    ) -> "NumericEmbeddingEncoder":
        """Learn from the training rows of a number column; there are at most `bins` bins."""
        known = column.values[~column.missing].astype(np.float64)
        edges = bin_edges(known, min(bins, max(1, known.size // MIN_ROWS))) if bins else ()
        indicates = has_indicator(column, requested=indicator)
        return cls(
            median=median_of(known),
            unit=robust_unit(known),
            edges=edges,
            indicator=indicates,
            size=size,
            frequencies=frequencies,
        )

    @property
    def bins(self) -> int:
        """The number of bins."""
        return max(len(self.edges) - 1, 0)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return 1 + self.bins + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        between = zip(self.edges[:-1], self.edges[1:], strict=True)
        bins = [f"{column} from {low:g} to {high:g}" for low, high in between]
        return [column, *bins, *([f"{column} is missing"] * self.indicator)]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        values = np.where(column.missing, self.median, column.values).astype(np.float64)
        if self.unit:
            out[:, 0] = clipped_distances(values, self.median, self.unit)
        if self.bins:
            edges = np.array(self.edges)
            out[:, 1 : 1 + self.bins] = shares_below(values[:, None], edges[:-1], edges[1:])
        if self.indicator:
            out[:, -1] = column.missing


def shares_below(values: Floats, low: Floats, high: Floats) -> Floats:
    """Return how much of the bins from `low` to `high` lies below the values, from 0 to 1."""
    quarter = low / 4  # quarters, so that no difference overflows
    return np.clip((values / 4 - quarter) / (high / 4 - quarter), 0.0, 1.0)


def bin_edges(known: Floats, bins: int) -> tuple[float, ...]:
    """Return the edges of at most `bins` bins of (n,) numbers; none if all numbers are equal.

    Values that more than one bin's share of the rows have are edges. The other edges are quantiles of the other rows.
    """
    values, counts = np.unique(known, return_counts=True)
    if values.size < 2:
        return ()
    heavy = values[counts * bins > known.size]
    others = known[~np.isin(known, heavy)]
    ends = np.array([values[0], values[-1]])
    left = bins + 1 - len(np.union1d(heavy, ends))
    inner = np.empty(0)
    if left > 0 and others.size:
        inner = np.quantile(others, np.linspace(0, 1, left + 2)[1:-1], method="nearest")
    return tuple(np.unique(np.concatenate([heavy, ends, inner])).tolist())
