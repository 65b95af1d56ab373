"""Recognize columns of two opposite words, whatever their spelling."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tabular.column_format import FALSE, FAMILIES, TRUE
from tabular.readers.values.shapes import Shape
from tabular.sql import literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Booleans:
    """The two labels of a column, the most frequent spelling of each. `spellings`: how many there are."""

    true: str | None
    false: str | None
    spellings: int


def find_booleans(shapes: Sequence[Shape]) -> Booleans | None:
    """Return the labels if all shapes are words of one family."""
    words = {shape.text.lower() for shape in shapes}
    if not words or not any(words <= {*true.split(), *false.split()} for true, false in FAMILIES):
        return None
    true, false = _spellings(shapes, TRUE), _spellings(shapes, FALSE)
    return Booleans(true=_first(true), false=_first(false), spellings=len(true) + len(false))


def _spellings(shapes: Sequence[Shape], words: frozenset[str]) -> Counter[str]:
    return Counter({shape.text: shape.count for shape in shapes if shape.text.lower() in words})


def _first(spellings: Counter[str]) -> str | None:
    return min(spellings, key=lambda text: (-spellings[text], text)) if spellings else None


def expression(cell: str, true: str | None, false: str | None) -> str:
    """Return SQL for the label that a cell (SQL) means, null if it is none."""
    cases = [
        f"WHEN lower({cell}) IN ({', '.join(map(literal, sorted(words)))}) THEN {literal(label)}"
        for label, words in ((true, TRUE), (false, FALSE))
        if label is not None
    ]
    return f"CASE {' '.join(cases)} END"


def label_of(text: str, true: str | None, false: str | None) -> str | None:
    """Return the label that a text means, None if it is none."""
    return true if text.lower() in TRUE else false if text.lower() in FALSE else None
