"""How a column of categories becomes inputs of a network: one for each category, or a number to look a vector up by.

Encoders as in `tabular.preprocessing.numeric`, for strings and for numbers that are taken as names.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.table import TableColumn

Array = npt.NDArray[Any]

MAX_CATEGORIES = 100  # inputs one column may fill; rarer values share one
MAX_VECTORS = 10_000  # of one column; rarer values share one
MIN_ROWS = 2  # of a category: one row teaches nothing about the next


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHot:
    """One input per category, 1 in the rows that have it.

    `other`: rare training values share an input, and so do values never seen. `missing`: an input of its own.
    Without these inputs (no training row had such a value) such a row fills none.
    """

    encoding: ClassVar[str] = "one_hot"
    categories: tuple[str, ...]
    other: bool
    missing: bool

    @classmethod
    def fit(cls, column: TableColumn) -> "OneHot":
        """Learn from the training rows of a column of strings or numbers."""
        categories, other = frequent(column, MAX_CATEGORIES)
        return cls(categories=categories, other=other, missing=bool(column.missing.any()))

    @property
    def width(self) -> int:
        """Inputs filled."""
        return len(self.categories) + self.other + self.missing

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        names = [f"{column} = {category}" for category in self.categories]
        return names + [f"{column} is another"] * self.other + [f"{column} is missing"] * self.missing

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out` (n, width), zeros before."""
        unknown = len(self.categories) if self.other else -1
        absent = len(self.categories) + self.other if self.missing else -1
        slot = _slots(column, _numbered(self.categories), unknown, absent)
        rows = np.flatnonzero(slot >= 0)
        out[rows, slot[rows]] = 1


@dataclass(frozen=True, kw_only=True)  # without slots, so that the numbers are kept: thousands, for each row predicted
class Embedded:
    """One input, the category's number from 1 up: the first layer of the network learns a vector of `size` for each.

    0 is the number of rare training values and of values never seen. A missing value has the number after the last
    category's, if training rows miss some, and is like one never seen otherwise.
    """

    encoding: ClassVar[str] = "embedding"
    categories: tuple[str, ...]
    missing: bool
    size: int

    @classmethod
    def fit(cls, column: TableColumn, size: int, vectors: int) -> "Embedded":
        """Learn from the training rows of a column of strings or numbers, of which `vectors` can be told apart."""
        missing = vectors > 1 and bool(column.missing.any())
        categories, _ = frequent(column, vectors - 1 - missing)
        return cls(categories=categories, missing=missing, size=size)

    @property
    def width(self) -> int:
        """Inputs filled."""
        return 1

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The categories' numbers."""
        return _numbered(self.categories, first=1)

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        return [f"{column} by number"]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out` (n, 1)."""
        absent = len(self.categories) + 1 if self.missing else 0
        out[:, 0] = _slots(column, self.numbers, 0, absent)


def frequent(column: TableColumn, most: int) -> tuple[tuple[str, ...], bool]:
    """Return the categories with rows enough to learn from, at most so many, in order; and whether there are others."""
    codes, labels = coded(column)
    counts = np.bincount(codes[~column.missing], minlength=len(labels))
    first = np.argsort(-counts, kind="stable")[:most]
    kept = np.sort(first[counts[first] >= MIN_ROWS])
    return tuple(labels[place] for place in kept), int(counts[kept].sum()) < int(counts.sum())


def coded(column: TableColumn) -> tuple[Array, tuple[str, ...]]:
    """Return places (n,) and the labels they stand for, of strings or of numbers."""
    if column.kind == "label":
        return column.values, column.labels
    numbers, codes = np.unique(np.where(column.missing, 0, column.values), return_inverse=True)
    return codes, tuple(_number_label(float(number)) for number in numbers)


def _numbered(categories: Iterable[str], first: int = 0) -> dict[str, int]:
    return {category: number for number, category in enumerate(categories, first)}


def _slots(column: TableColumn, places: Mapping[str, int], unknown: int, absent: int) -> npt.NDArray[np.int64]:
    """Return the place (n,) of each value, or what stands for one that has none, or that is missing."""
    codes, labels = coded(column)
    slots = np.array([*(places.get(label, unknown) for label in labels), absent], dtype=np.int64)
    found: npt.NDArray[np.int64] = slots[np.where(column.missing, len(labels), codes)]
    return found


def _number_label(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
