"""Recognize columns of two opposite words, whatever their spelling."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tabular.readers.values.shapes import Shape
from tabular.sql import literal

FAMILIES = (  # words for yes and no, by language
    ("true t", "false f"), ("yes y", "no n"), ("on", "off"), ("ja j", "nein n"), ("ja", "nee nej nei"),
    ("oui", "non"), ("s\u00ed si s", "no n"), ("sim s", "n\u00e3o nao n"), ("tak", "nie"), ("ano", "ne"),
    ("igen", "nem"), ("kyll\u00e4", "ei"), ("evet", "hay\u0131r hayir"), ("\u0434\u0430", "\u043d\u0435\u0442"),
    ("vrai", "faux"), ("wahr", "falsch"), ("verdadero", "falso"), ("vero", "falso"), ("verdadeiro", "falso"),
    ("waar", "onwaar"), ("\u306f\u3044", "\u3044\u3044\u3048"), ("\u662f", "\u5426"),
)  # fmt: skip
TRUE = frozenset(word for true, _ in FAMILIES for word in true.split())
FALSE = frozenset(word for _, false in FAMILIES for word in false.split())


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
