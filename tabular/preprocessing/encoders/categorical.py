"""Encoders for categories: one input per category, or the number that an embedding layer looks up.

They take strings, and numbers that stand for categories. An encoder has the methods described in
`tabular.preprocessing.encoders.numeric`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tabular.encodings import MAX_CATEGORIES, Encoding
from tabular.preprocessing.encoders.indicators import has_indicator
from tabular.table import TableColumn

Array = npt.NDArray[Any]

MIN_ROWS = 2  # of a category: one row says nothing about the next


@dataclass(frozen=True, slots=True, kw_only=True)
class OneHotEncoder:
    """One input per category, 1 in the rows that have it.

    `other`: one input that rare training values and unseen values share; only if training rows have such values.
    `missing`: an input for missing values. Without these inputs, such a row fills no input.
    `signed`: there are two categories, which share one input, -1 for the first and 1 for the second. Models of earlier
    versions have two inputs.
    """

    encoding: ClassVar[Encoding] = "one_hot"
    categories: tuple[str, ...]
    other: bool
    missing: bool
    signed: bool = False

    @classmethod
    def fit(cls, column: TableColumn, *, indicator: bool | None = None) -> "OneHotEncoder":
        """Learn from the training rows of a column of strings or numbers."""
        categories, other = frequent_categories(column, MAX_CATEGORIES)
        signed = len(categories) == 2 and not other
        missing = has_indicator(column, requested=indicator)
        return cls(categories=categories, other=other, missing=missing, signed=signed)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return len(self.categories) - self.signed + self.other + self.missing

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        names = [f"{column} = {category}" for category in self.categories[self.signed :]]
        return names + [f"{column} is another"] * self.other + [f"{column} is missing"] * self.missing

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, width), zeros before."""
        if self.signed:
            signs = _category_numbers(column, dict(zip(self.categories, (-1, 1), strict=True)), 0, 0)
            out[:, 0] = signs
            if self.missing:
                out[:, 1] = column.missing
            return
        unknown = len(self.categories) if self.other else -1
        missing = len(self.categories) + self.other if self.missing else -1
        inputs = _category_numbers(column, _numbered(self.categories), unknown, missing)
        rows = np.flatnonzero(inputs >= 0)
        out[rows, inputs[rows]] = 1


@dataclass(frozen=True, kw_only=True)  # without slots, so that the numbers are kept: thousands, for each row predicted
class EmbeddingEncoder:
    """One input: the category's number, from 1 up, by which the first layer looks up an embedding of `size` numbers.

    0 stands for rare training values and unseen values. Missing values have the number after the last category if
    training rows have missing values; otherwise they count as unseen.
    """

    encoding: ClassVar[Encoding] = "embedding"
    categories: tuple[str, ...]
    missing: bool
    size: int

    @classmethod
    def fit(cls, column: TableColumn, size: int, embeddings: int) -> "EmbeddingEncoder":
        """Learn from the training rows of a column of strings or numbers; `embeddings`: how many there are."""
        missing = embeddings > 1 and bool(column.missing.any())
        categories, _ = frequent_categories(column, embeddings - 1 - missing)
        return cls(categories=categories, missing=missing, size=size)

    @property
    def width(self) -> int:
        """The number of inputs."""
        return 1

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each category."""
        return _numbered(self.categories, first=1)

    def names(self, column: str) -> list[str]:
        """Return one name per input."""
        return [f"{column} by number"]

    def write(self, column: TableColumn, out: Array) -> None:
        """Fill `out`: (n, 1)."""
        missing = len(self.categories) + 1 if self.missing else 0
        out[:, 0] = _category_numbers(column, self.numbers, 0, missing)


def frequent_categories(column: TableColumn, most: int) -> tuple[tuple[str, ...], bool]:
    """Return the most frequent categories in order, at most `most`, and whether the column has others.

    A category needs at least MIN_ROWS rows.
    """
    codes, labels = label_codes(column)
    counts = np.bincount(codes[~column.missing], minlength=len(labels))
    first = np.argsort(-counts, kind="stable")[:most]
    kept = np.sort(first[counts[first] >= MIN_ROWS])
    return tuple(labels[index] for index in kept), int(counts[kept].sum()) < int(counts.sum())


def label_codes(column: TableColumn) -> tuple[Array, tuple[str, ...]]:
    """Return codes (n,) and the labels that they index, for strings and for numbers."""
    if column.kind == "label":
        return column.values, column.labels
    numbers, codes = np.unique(np.where(column.missing, 0, column.values), return_inverse=True)
    return codes, tuple(_number_label(float(number)) for number in numbers)


def _numbered(categories: Iterable[str], first: int = 0) -> dict[str, int]:
    return {category: number for number, category in enumerate(categories, first)}


def _category_numbers(
    column: TableColumn, numbers: Mapping[str, int], unknown: int, missing: int
) -> npt.NDArray[np.int64]:
    """Return the number (n,) of each value; `unknown` and `missing` are the numbers of values that have none."""
    codes, labels = label_codes(column)
    by_code = np.array([*(numbers.get(label, unknown) for label in labels), missing], dtype=np.int64)
    found: npt.NDArray[np.int64] = by_code[np.where(column.missing, len(labels), codes)]
    return found


def _number_label(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)
