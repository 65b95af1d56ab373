"""The encoder for free text; an encoder has the methods described in `tabular.preprocessing.encoders.numeric`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.encodings import Encoding
from tabular.preprocessing.encoders.indicators import has_indicator
from tabular.preprocessing.encoders.text_hashing import TextHasher
from tabular.table import TableColumn

Array = npt.NDArray[Any]
Index = npt.NDArray[np.int64]

MAX_SAMPLED_ROWS = 10_000  # evenly spaced training rows from which the scales are learned
SMOOTHING = 0.1  # of the average mean square, added to each, so that rare places are not amplified without limit
MAX_INPUT = 10.0
DIGITS = 6  # significant, of a stored scale


@dataclass(frozen=True, slots=True, kw_only=True)
class HashedTextEncoder:
    """Hashed words, pairs of words and character n-grams: `size` inputs with a mean square of about 1.

    `scales`: (size,) factors, small where frequent words are, so that these do not dominate. A missing text and one
    without words fill no input. `indicator`: another input is 1 where the text is missing.
    """

    encoding: ClassVar[Encoding] = "hashed_text"
    size: int
    scales: tuple[float, ...]
    indicator: bool

    @classmethod
    def fit(cls, column: TableColumn, *, size: int, indicator: bool | None = None) -> "HashedTextEncoder":
        """Learn the scales from the training rows of a column of strings."""
        sample = column.take(np.arange(0, len(column.values), -(-len(column.values) // MAX_SAMPLED_ROWS) or 1))
        squares = np.zeros(size)
        for vector, rows in _vectors(sample, size):
            squares += vector**2 * len(rows)
        mean_squares = squares / max(int((~sample.missing).sum()), 1)
        scales = 1 / np.sqrt(mean_squares + SMOOTHING / size)
        stored = tuple(float(f"{scale:.{DIGITS}g}") for scale in scales.tolist())
        return cls(size=size, scales=stored, indicator=has_indicator(column, requested=indicator))

    @property
    def width(self) -> int:
        """The number of inputs."""
        return self.size + self.indicator

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        return [f"{column} hash {place}" for place in range(self.size)] + [f"{column} is missing"] * self.indicator

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        scales = np.array(self.scales)
        for vector, rows in _vectors(column, self.size):
            out[rows, : self.size] = np.clip(vector * scales, -MAX_INPUT, MAX_INPUT)
        if self.indicator:
            out[:, -1] = column.missing


def _vectors(column: TableColumn, size: int) -> Iterator[tuple[Array, Index]]:
    """Yield the vector (size,) of each different text, and the rows (k,) that have it."""
    hasher = TextHasher(size)
    rows = np.flatnonzero(~column.missing)
    rows = rows[np.argsort(column.values[rows], kind="stable")]
    codes, starts = np.unique(column.values[rows], return_index=True)
    for code, same in zip(codes.tolist(), np.split(rows, starts[1:]), strict=False):
        yield hasher.vector(column.labels[code]), same
