"""Numbers as people write them: separators, units, percent, parentheses. How one is recognized and read.

Each format is read twice, from the same rules: in SQL for files, in Python for rows that are sent.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache

from tabular.column_format import ColumnFormat
from tabular.readers.values import durations
from tabular.sql import literal

SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'\u2019"
MINUS = "-\u2212\u2013"  # hyphen, minus sign, en dash
SIGN = "[+\\-\u2212\u2013]"
PLAIN = ColumnFormat(decimal=".")
NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
CURRENCIES = (
    "[$€£¥￥₹₽₩₺₪฿₫₴₦]|(?:US|A|C|R)[$]|Rs[.]?|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|"
    "BRL|MXN|ZAR|KRW|SGD|HKD"
)
UNITS = (  # that may follow a number without a space
    "%|‰|°[CFK]?|kg|g|mg|µg|lbs?|oz|km|m|cm|mm|mi|ft|yd|km²|m²|m³|ha|l|ml|cl|h|hrs?|min|s|sec|ms|kWh?|MWh?|"
    "kV|mA|[kMG]?Hz|[KMGT]B|rpm|bar|[kh]?Pa|km/h|mph|px|円|元|원|/-|[+]|CR|DR"
)
MAGNITUDES = {"K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9}
LETTERS = "".join(MAGNITUDES)
TRAILING = "-"  # a minus sign behind the number
WORD = "[^\\W\\d_][^\\s\\d()]{0,11}"  # any word may follow a number after a space
NINES = str.maketrans("012345678", "9" * 9)
MAX_PATTERN = 60  # characters; longer texts are not remembered
NOT_UNITS = frozenset({"am", "pm", "bc", "ad", "ce", "bce"})
GENERAL = re.compile(
    f"[(]?{SIGN}?[{SPACES}]?(?P<before>{CURRENCIES})?[{SPACES}]?{SIGN}?"
    f"(?P<body>[0-9](?:[0-9.,{SPACES}{APOSTROPHES}]*[0-9])?[.]?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?"
    f"(?:(?P<magnitude>[{LETTERS}])(?![A-Za-z]))?(?P<sign>[{MINUS}])?"
    f"(?:[{SPACES}]?(?P<after>{CURRENCIES}|{UNITS})|[{SPACES}](?P<word>{WORD}))?[)]?"
)


@dataclass(frozen=True, slots=True)
class NumberParts:
    """Digits with separators, the unit, and the letter of a magnitude, of a text or a shape."""

    body: str
    unit: str | None
    magnitude: str | None
    trailing_minus: bool


def parts_of(text: str) -> NumberParts | None:
    """Return the parts of a text or a shape; None if it is no number at all."""
    found = GENERAL.fullmatch(text)
    if found is None or (found["before"] and (found["after"] or found["word"])):
        return None
    unit = found["before"] or found["after"] or found["word"]
    if (unit and unit.lower() in NOT_UNITS) or text.startswith("(") != text.endswith(")"):
        return None
    if found["sign"] and (text[0] in "(+" + MINUS or found["magnitude"]):
        return None
    return NumberParts(found["body"], unit, found["magnitude"], bool(found["sign"]))


def by_pattern(test: Callable[[str], bool]) -> Callable[[str], bool]:
    """Return a test of texts to which all digits are the same. It remembers results: few patterns make up a column."""
    remembered = lru_cache(maxsize=10_000)(test)
    return lambda text: remembered(text.translate(NINES)) if len(text) <= MAX_PATTERN else test(text)


@by_pattern
def is_number(text: str) -> bool:
    """Return whether a text or a shape is a number, in any format."""
    return parts_of(text) is not None


@cache
def regex_of(form: ColumnFormat) -> str:
    """Return a regular expression for the numbers of a format, valid in Python and in DuckDB."""
    if form.clock:
        return durations.CLOCK
    decimal = f"[{form.decimal or '.'}]"
    integer = "[0-9]+"
    if form.thousands:
        separator = {" ": f"[{SPACES}]", "'": f"[{APOSTROPHES}]"}.get(form.thousands, f"[{form.thousands}]")
        integer = f"(?:[0-9]{{1,3}}(?:{separator}[0-9]{{2,3}})*{separator}[0-9]{{3}}|[0-9]+)"
    digits = f"(?:{integer}(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    magnitude = f"[{LETTERS}]?" if form.magnitudes else ""
    before, after = _unit_regexes(form.unit)
    core = f"{SIGN}?{before}{digits}{magnitude}{after}"
    negative = f"|{before.replace(f'{SIGN}?', '')}{digits}{_negative_regex(form, after)}" if form.negative else ""
    return f"{core}{negative}|[(]{core}[)]"


def _unit_regexes(unit: str | None) -> tuple[str, str]:
    """Return regular expressions for what may stand before and behind the digits."""
    if not unit:
        return "", ""
    space, word = f"[{SPACES}]?", re.escape(unit)
    return f"{space}(?:{word}{space}{SIGN}?)?", f"(?:{space}{word})?"


def _negative_regex(form: ColumnFormat, after: str) -> str:
    """Return a regular expression for the text behind the digits of negative numbers."""
    return f"{SIGN}{after}" if form.negative == TRAILING else f"[{SPACES}]?{re.escape(form.negative or '')}"


def parse_number(text: str, form: ColumnFormat) -> float | None:
    """Return the finite number that a text means, None if it does not have the format."""
    if form.clock:
        return durations.parse_duration(text)
    if not re.fullmatch(regex_of(form), text):
        return None
    text = text.translate(str.maketrans(MINUS, "---"))
    negative = text.startswith("(")
    if form.unit:
        text = text.replace(form.unit, "")
    text = re.sub(_separators(form), "", text.strip("()")).replace(",", ".")
    if form.negative and text.endswith(form.negative):
        text, negative = text.removesuffix(form.negative), True
    factor = MAGNITUDES.get(text[-1:], 1.0) if form.magnitudes else 1.0
    digits = text.rstrip(LETTERS) if form.magnitudes else text
    try:
        number = float(f"-{digits}" if negative else digits) * factor
    except ValueError:  # two signs
        return None
    return number if math.isfinite(number) else None


def expression(cell: str, form: ColumnFormat) -> str:
    """Return SQL for the finite number in a cell (SQL), null if it does not have the format."""
    if form.clock:
        return durations.expression(cell)
    text = f"translate({cell}, '{MINUS}', '---')"
    if form.unit:
        text = f"replace({text}, {literal(form.unit)}, '')"
    text = f"replace(regexp_replace({text}, {literal(_separators(form))}, '', 'g'), ',', '.')"
    text = f"CASE WHEN {cell}[1] = '(' THEN '-' || trim({text}, '()') ELSE {text} END"
    if form.negative:
        negative = literal(form.negative)
        text = f"CASE WHEN suffix({text}, {negative}) THEN '-' || replace({text}, {negative}, '') ELSE {text} END"
    number = _magnified(text) if form.magnitudes else f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({cell}, {literal(regex_of(form))}) AND isfinite({number}) THEN {number} END"


def _magnified(text: str) -> str:
    """Return SQL for a number behind which a letter may mean a factor."""
    cases = " ".join(f"WHEN '{letter}' THEN {factor}" for letter, factor in MAGNITUDES.items())
    return f"TRY_CAST(rtrim({text}, '{LETTERS}') AS DOUBLE) * (CASE {text}[-1] {cases} ELSE 1.0 END)"


def plain_expression(cell: str) -> str:
    """Return SQL for a finite number that is written as in a program, null for any other text."""
    number = f"TRY_CAST({cell} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({cell}, '{NUMBER}') AND isfinite({number}) THEN {number} END"


def _separators(form: ColumnFormat) -> str:
    """Return a regular expression for the characters between digits that mean nothing."""
    thousands = form.thousands if form.thousands in {",", "."} else ""
    return f"[{SPACES}{APOSTROPHES}{thousands}]"
