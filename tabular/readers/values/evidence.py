"""What the values of one column say about its type."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from tabular.readers.values.booleans import Booleans, find_booleans
from tabular.readers.values.date_formats import DateEvidence, candidates, date_evidence
from tabular.readers.values.durations import is_duration
from tabular.readers.values.number_formats import NumberEvidence, looks_like_codes, mixed_with_codes, number_evidence
from tabular.readers.values.numbers import parts_of
from tabular.readers.values.shapes import ColumnShapes, Shape

MOSTLY = 0.9  # a column with this share of numbers or dates is one, with mistakes in it
ALWAYS_MISSING = frozenset({
    "n/a", "#n/a", "n.a.", "n.a", "na", "none", "nan", "nil", "null", "-", "--", "\u2014", "\u2013", "#null!",
    "#value!", "#div/0!", "#ref!", "#name?", "#num!", "(null)", "<na>", "\\n", "nat", "#n/a n/a", "-nan", "1.#qnan",
    "#nv", "#n/v", "#wert!", "#bezug!", "#zahl!", "#valeur!", "#nombre!", "#valor!", "#n/d", "#\u00a1valor!", "#error!",
})  # fmt: skip
OFTEN_MISSING = ALWAYS_MISSING | {
    "missing", "unknown", "not available", "not applicable", "undefined", ".", "..", "...", ":", "*", "?",
    "n.d.", "nd", "n/d", "s/d", "k.a.", "k. a.", "n.v.", "nc", "tbd", "tba", "\u043d/\u0434", "\u4e0d\u660e",
    "\u672a\u77e5", "not reported", "no data", "blank", "empty", "---",
}  # fmt: skip
NUMBER_LIKE = re.compile(  # after a sign of comparison, or before a mark, a fraction or a footnote
    "(?:[<>~\u2248\u2264\u2265=]{1,2} ?[09][09.,]*|"
    "[+-]?[09][09.,]* ?[\u00b0\u00ba'\"\u2019\u2032\u2033*\u2020\u2021\\[(\u00b1/x\u00d7|]).*"
)
LONG_TEXT = 64  # characters on average from which labels are free text
SENTENCE = 24  # the same for a column whose values hardly repeat
MANY_LABELS = 1_000
SOME_LABELS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnEvidence:
    """The evidence of one column.

    words: spellings that mean "no value" beside numbers, dates or booleans. durations: values such as 36:15:00.
    """

    place: int
    name: str
    shapes: ColumnShapes
    words: tuple[Shape, ...]
    numbers: NumberEvidence
    codes: bool
    booleans: Booleans | None
    dates: DateEvidence
    durations: int

    @property
    def given(self) -> int:
        """Values without the words that mean "no value"."""
        return self.shapes.values - sum(word.count for word in self.words)

    @property
    def mostly_numbers(self) -> bool:
        """Whether nearly all values are numbers."""
        return self.given > 0 and self.numbers.values >= MOSTLY * self.given

    @property
    def mostly_dates(self) -> bool:
        """Whether nearly all values are dates."""
        return self.given > 0 and self.dates.best >= MOSTLY * self.given

    @property
    def mostly_durations(self) -> bool:
        """Whether nearly all values are durations or times of day."""
        return self.given > 0 and self.durations >= MOSTLY * self.given

    @property
    def with_units(self) -> int:
        """Numbers that have a unit."""
        return self.numbers.units.total()

    @property
    def free_text(self) -> bool:
        """Whether the values are sentences rather than labels."""
        values, distinct, length = self.shapes.values, self.shapes.distinct, self.shapes.length
        many = distinct > MANY_LABELS or (distinct > SOME_LABELS and length >= SENTENCE)
        return length >= LONG_TEXT or (distinct > 0.5 * values and many)


def column_evidence(
    connection: duckdb.DuckDBPyConnection, name: str, shapes: ColumnShapes, *, look_for_dates: bool
) -> ColumnEvidence:
    """Return what the shapes of a column say, and how many of its values are dates if they look like dates."""
    words = tuple(shape for shape in shapes.shapes if shape.text.lower() in OFTEN_MISSING)
    others = [shape for shape in shapes.shapes if shape not in words]
    numbers = number_evidence(others)
    total = sum(shape.count for shape in others)
    patterns = candidates(others) if look_for_dates and numbers.values < MOSTLY * total else {}
    return ColumnEvidence(
        place=shapes.place,
        name=name,
        shapes=shapes,
        words=words,
        numbers=numbers,
        codes=looks_like_codes(others) or mixed_with_codes(others),
        booleans=find_booleans(others),
        dates=date_evidence(connection, f"c{shapes.place}", total, patterns),
        durations=sum(shape.count for shape in others if is_duration(shape.text)),
    )


def example_of_other(shapes: Sequence[Shape], *, numbers: bool) -> str:
    """Return a value that is a number, or one that is not."""
    return next((shape.example for shape in shapes if bool(parts_of(shape.text)) == numbers), "")


def example_of_number_like(shapes: Sequence[Shape]) -> str | None:
    """Return a value if nearly all begin with numbers, in forms such as 12* or <0.5, that are not read as numbers."""
    like = [shape for shape in shapes if NUMBER_LIKE.fullmatch(shape.text) or parts_of(shape.text)]
    enough = sum(shape.count for shape in like) >= MOSTLY * sum(shape.count for shape in shapes)
    return next((shape.example for shape in like if not parts_of(shape.text)), None) if enough else None
