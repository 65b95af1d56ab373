"""Decide how the numbers of a column are written, from the shapes of its values and from the rest of the file."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from tabular.column_format import ColumnFormat
from tabular.readers.values.numbers import APOSTROPHES, NUMBER, SPACES, TRAILING, NumberParts, parts_of
from tabular.readers.values.shapes import Shape

Writing = Literal[
    "small", "whole", "point", "comma", "thousands_comma", "thousands_point", "point_or_thousands",
    "comma_or_thousands", "bad",
]  # fmt: skip
PLAIN = re.compile(NUMBER)
GROUPED = re.compile(r"[0-9]{1,3}(?:S[0-9]{2,3})*S[0-9]{3}")  # S: any separator of thousands
ONE_GROUP = re.compile(r"9[0-9]{0,2}S999")  # could as well be a decimal fraction of three digits
CODE_SHARE = 0.001  # of whole numbers with a leading zero make the column a column of codes
LONG_CODE = 16  # digits; a float64 cannot hold them all
LONG_SHARE = 0.5
JOINED = re.compile("[09]+(-[09]+)+")
EXPONENT = re.compile("[09]+[eE][09]+")
LETTERED = re.compile("[09]+[A-DF-Za-df-z][09]+")
JOINED_SHARE, MIN_CODES = 0.03, 3  # of values such as 1-684 that are no typing errors
DEBIT, CREDIT = "DR", "CR"  # in ledgers, credits are negative


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEvidence:
    """What other columns and the options say about decimals. `point`, `comma`: columns that clearly use them."""

    point: int = 0
    comma: int = 0
    semicolons: bool = False
    option: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberEvidence:
    """How the numbers of one column are written.

    values: how many values are numbers, in any format. unit: the most frequent one.
    negative, magnitudes: as in ColumnFormat. units: all, with the number of values that have them.
    plain: whether all are written as in a program.
    """

    values: int
    unit: str | None
    negative: str | None
    magnitudes: bool
    units: Counter[str]
    spaces: str | None
    writings: Counter[Writing]
    example: str | None
    plain: bool

    @property
    def uses_point(self) -> bool:
        """Whether decimals clearly have a point."""
        return self.writings["point"] + self.writings["thousands_comma"] > self._comma

    @property
    def uses_comma(self) -> bool:
        """Whether decimals clearly have a comma."""
        return self._comma > self.writings["point"] + self.writings["thousands_comma"]

    @property
    def _comma(self) -> int:
        return self.writings["comma"] + self.writings["thousands_point"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDecision:
    """A number format. `fitting`: values that have it. `doubt`: the decimal separator is a guess."""

    form: ColumnFormat
    fitting: int
    doubt: bool


def number_evidence(shapes: Sequence[Shape]) -> NumberEvidence:
    """Return how the numbers among the shapes are written."""
    found = [(shape, parts) for shape in shapes if (parts := parts_of(shape.text))]
    magnitudes = _has_magnitudes([parts for _, parts in found])
    found = [(shape, parts) for shape, parts in found if magnitudes or not parts.magnitude]
    units = Counter[str]()
    for shape, parts in found:
        if parts.unit:
            units[parts.unit] += shape.count
    unit = DEBIT if units.keys() == {DEBIT, CREDIT} else units.most_common(1)[0][0] if units else None
    credit = CREDIT if unit == DEBIT and units[CREDIT] else None
    fitting = [(shape, parts) for shape, parts in found if parts.unit in {None, unit, credit}]
    writings, spaces = Counter[Writing](), None
    for shape, parts in fitting:
        writings[writing(parts.body)] += shape.count
        if any(character in parts.body for character in SPACES):
            spaces = " "
        elif any(character in parts.body for character in APOSTROPHES):
            spaces = "'"
    return NumberEvidence(
        values=sum(writings.values()) - writings["bad"],
        unit=unit,
        negative=credit or (TRAILING if any(parts.trailing_minus for _, parts in fitting) else None),
        magnitudes=magnitudes,
        units=units,
        spaces=spaces,
        writings=writings,
        example=next((shape.example for shape, _ in fitting if not PLAIN.fullmatch(shape.text)), _pointed(fitting)),
        plain=all(PLAIN.fullmatch(shape.text) for shape, _ in fitting),
    )


def _has_magnitudes(numbers: Sequence[NumberParts]) -> bool:
    """Return whether K, M and B behind numbers are magnitudes; behind whole numbers alone, one letter is a label."""
    lettered = [parts for parts in numbers if parts.magnitude]
    return len({parts.magnitude for parts in lettered}) > 1 or any(
        parts.unit or "." in parts.body or "," in parts.body for parts in lettered
    )


def _pointed(fitting: Sequence[tuple[Shape, NumberParts]]) -> str | None:
    return next((shape.example for shape, parts in fitting if "." in parts.body), None)


def writing(body: str) -> Writing:
    """Return how the digits and separators of a shape are written."""
    without = re.sub(f"[{SPACES}{APOSTROPHES}]", "S", body)
    if "S" in without:
        integer = re.split("[.,]", without)[0]
        if not GROUPED.fullmatch(integer) or "S" in without[len(integer) :]:
            return "bad"
        body = without.replace("S", "")
        return "whole" if body.isdigit() else _decimal(body)
    if body.isdigit():
        return "small" if len(body) <= 3 else "whole"
    if "," in body and "." in body:
        thousands, point = (",", ".") if body.rindex(".") > body.rindex(",") else (".", ",")
        integer, *rest = body.split(point)
        grouped = len(rest) == 1 and GROUPED.fullmatch(integer.replace(thousands, "S"))
        return "bad" if not grouped else "thousands_comma" if point == "." else "thousands_point"
    return _one_separator(body)


def _decimal(body: str) -> Writing:
    if body.count(",") + body.count(".") > 1:
        return "bad"
    return "comma" if "," in body else "point"


def _one_separator(body: str) -> Writing:
    separator = "," if "," in body else "."
    text = body.replace(separator, "S")
    if text.count("S") > 1:
        grouped = GROUPED.fullmatch(text) and not text.startswith("0")
        return "bad" if not grouped else "thousands_comma" if separator == "," else "thousands_point"
    if ONE_GROUP.fullmatch(text):
        return "comma_or_thousands" if separator == "," else "point_or_thousands"
    return _decimal(body)


def decide(evidence: NumberEvidence, file: FileEvidence) -> NumberDecision:
    """Return the format that fits the column's own numbers, then those of the file."""
    written = evidence.writings
    decimal, doubt = _decimal_separator(evidence, file)
    if decimal == ".":
        fitting = written["point"] + written["thousands_comma"] + written["comma_or_thousands"]
        grouped = written["thousands_comma"] + written["comma_or_thousands"]
        plain = written["point_or_thousands"]
    else:
        fitting = written["comma"] + written["thousands_point"] + written["point_or_thousands"]
        grouped = written["thousands_point"] + written["point_or_thousands"]
        plain = written["comma_or_thousands"]
    other = "," if decimal == "." else "."
    form = ColumnFormat(
        decimal=decimal,
        thousands=evidence.spaces or (other if grouped else None),
        unit=evidence.unit,
        negative=evidence.negative,
        magnitudes=evidence.magnitudes,
    )
    return NumberDecision(form=form, fitting=fitting + plain + written["small"] + written["whole"], doubt=doubt)


def _decimal_separator(evidence: NumberEvidence, file: FileEvidence) -> tuple[str, bool]:
    """Return the decimal separator, and whether it is a guess."""
    if file.option != "auto":
        return file.option, False
    if evidence.uses_point or evidence.uses_comma:
        return ("." if evidence.uses_point else ","), False
    written = evidence.writings
    with_comma, with_point = written["comma_or_thousands"], written["point_or_thousands"]
    if not with_comma and not with_point:
        return ".", False
    if file.point != file.comma:
        return ("." if file.point > file.comma else ","), False
    if not file.semicolons:
        return ".", with_comma > 0
    whole = written["small"] > 0 or with_point > with_comma  # 750 beside 1,200: groups of three, not fractions
    return ("." if with_comma and whole and not with_point else ","), True


def looks_like_codes(shapes: Iterable[Shape]) -> bool:
    """Return whether whole numbers are codes: a number would lose leading zeros or digits."""
    whole = zeros = long = 0
    for shape in shapes:
        digits = shape.text.removeprefix("-")
        if digits.isdigit():
            whole += shape.count
            zeros += shape.count * (len(digits) > 1 and digits.startswith("0"))
            long += shape.count * (len(digits) >= LONG_CODE)
        elif parts_of(shape.text):
            return False
    return whole > 0 and (zeros > CODE_SHARE * whole or long >= LONG_SHARE * whole)


def mixed_with_codes(shapes: Iterable[Shape]) -> bool:
    """Return whether values that look like numbers are among codes: 340 among 1-684, or 12e4 among 12f4."""
    total = joined = exponents = lettered = 0
    for shape in shapes:
        total += shape.count
        joined += shape.count * bool(JOINED.fullmatch(shape.text))
        exponents += shape.count * bool(EXPONENT.fullmatch(shape.text))
        lettered += shape.count * bool(LETTERED.fullmatch(shape.text))
    return (joined >= MIN_CODES and joined >= JOINED_SHARE * total) or (exponents > 0 and lettered > exponents / 2)
