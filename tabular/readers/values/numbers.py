"""Numbers as people write them: separators, units, percent, parentheses. How one is recognized and read.

Each format is read twice, from the same rules: in SQL for files, in Python for rows that are sent.
"""

import math
import re
from functools import cache

from tabular.column_format import ColumnFormat
from tabular.sql import literal

SPACES = " \u00a0\u202f\u2009"
APOSTROPHES = "'\u2019"
MINUS = "-\u2212\u2013"  # hyphen, minus sign, en dash
SIGN = "[+\\-\u2212\u2013]"
PLAIN = ColumnFormat(decimal=".")
NUMBER = "[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?"
CURRENCIES = (
    "[$€£¥₹₽₩₺₪฿₫₴₦]|(?:US|A|C|R)[$]|Rs[.]?|USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RUB|TRY|"
    "BRL|MXN|ZAR|KRW|SGD|HKD"
)
UNITS = (  # that may follow a number without a space
    "%|‰|°[CFK]?|kg|g|mg|µg|lbs?|oz|km|m|cm|mm|mi|ft|yd|km²|m²|m³|ha|l|ml|cl|h|hrs?|min|s|sec|ms|kWh?|MWh?|"
    "kV|mA|[kMG]?Hz|[KMGT]B|rpm|bar|[kh]?Pa|km/h|mph|px"
)
WORD = "[^\\W\\d_][^\\s\\d()]{0,11}"  # any word may follow a number after a space
NOT_UNITS = frozenset({"am", "pm", "bc", "ad", "ce", "bce"})
GENERAL = re.compile(
    f"[(]?{SIGN}?[{SPACES}]?(?P<before>{CURRENCIES})?[{SPACES}]?{SIGN}?"
    f"(?P<body>[0-9](?:[0-9.,{SPACES}{APOSTROPHES}]*[0-9])?[.]?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?"
    f"(?:[{SPACES}]?(?P<after>{CURRENCIES}|{UNITS})|[{SPACES}](?P<word>{WORD}))?[)]?"
)


def parts_of(text: str) -> tuple[str, str | None] | None:
    """Return digits with separators, and the unit, of a text or a shape; None if it is no number at all."""
    found = GENERAL.fullmatch(text)
    if found is None or (found["before"] and (found["after"] or found["word"])):
        return None
    unit = found["before"] or found["after"] or found["word"]
    if (unit and unit.lower() in NOT_UNITS) or text.startswith("(") != text.endswith(")"):
        return None
    return found["body"], unit


@cache
def regex_of(form: ColumnFormat) -> str:
    """Return a regular expression for the numbers of a format, valid in Python and in DuckDB."""
    decimal = f"[{form.decimal or '.'}]"
    integer = "[0-9]+"
    if form.thousands:
        separator = {" ": f"[{SPACES}]", "'": f"[{APOSTROPHES}]"}.get(form.thousands, f"[{form.thousands}]")
        integer = f"(?:[0-9]{{1,3}}(?:{separator}[0-9]{{2,3}})*{separator}[0-9]{{3}}|[0-9]+)"
    digits = f"(?:{integer}(?:{decimal}[0-9]*)?|{decimal}[0-9]+)(?:[eE][+-]?[0-9]+)?"
    sign, space = f"{SIGN}?", f"[{SPACES}]?"
    core = f"{sign}{digits}"
    if form.unit:
        unit = re.escape(form.unit)
        core = f"{sign}{space}(?:{unit}{space}{sign})?{digits}(?:{space}{unit})?"
    return f"{core}|[(]{core}[)]"


def parse_number(text: str, form: ColumnFormat) -> float | None:
    """Return the finite number that a text means, None if it does not have the format."""
    if not re.fullmatch(regex_of(form), text):
        return None
    text = text.translate(str.maketrans(MINUS, "---"))
    if form.unit:
        text = text.replace(form.unit, "")
    text = re.sub(_separators(form), "", text).replace(",", ".")
    if text.startswith("("):
        text = "-" + text.strip("()")
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def expression(cell: str, form: ColumnFormat) -> str:
    """Return SQL for the finite number in a cell (SQL), null if it does not have the format."""
    text = f"translate({cell}, '{MINUS}', '---')"
    if form.unit:
        text = f"replace({text}, {literal(form.unit)}, '')"
    text = f"replace(regexp_replace({text}, {literal(_separators(form))}, '', 'g'), ',', '.')"
    text = f"CASE WHEN {cell}[1] = '(' THEN '-' || trim({text}, '()') ELSE {text} END"
    number = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({cell}, {literal(regex_of(form))}) AND isfinite({number}) THEN {number} END"


def plain_expression(cell: str) -> str:
    """Return SQL for a finite number that is written as in a program, null for any other text."""
    number = f"TRY_CAST({cell} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({cell}, '{NUMBER}') AND isfinite({number}) THEN {number} END"


def _separators(form: ColumnFormat) -> str:
    """Return a regular expression for the characters between digits that mean nothing."""
    thousands = form.thousands if form.thousands in {",", "."} else ""
    return f"[{SPACES}{APOSTROPHES}{thousands}]"
