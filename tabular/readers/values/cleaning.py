"""Clean names and values: blanks at the ends, Unicode form, digits of full width, and formulas that protect text.

Each is done twice, by the same rules: in SQL for files, in Python for names and for rows that are sent.
"""

import re
import unicodedata

from tabular.column_format import BLANK
from tabular.sql import literal

WIDE = "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19\uff0e\uff0c\uff0d\uff0b\uff05\uff1a\uff0f"
NARROW = "0123456789.,-+%:/"  # the same characters in the width of Latin letters
NARROWED = str.maketrans(WIDE, NARROW)
FORMULA = '^="(.*)"$'  # how spreadsheets protect codes such as ="0123" from becoming numbers
PLAIN = "([!-<>-~]([ -~]*[!-~])?)?"  # ASCII that needs no cleaning, as most cells: testing it is much faster
FORMULA_START = '="'


def clean(text: str) -> str:
    """Return a name or a value in Unicode form NFC without blanks at its ends."""
    text = text.strip(BLANK)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(NARROWED))
    if text.startswith(FORMULA_START) and (found := re.match(FORMULA, text)):
        return found[1].strip(BLANK)
    return text


def expression(cell: str, *, unicode: bool, formulas: bool) -> str:
    """Return SQL for the cleaned text of a cell (SQL). `unicode`, `formulas`: whether the file may have such."""
    blanks = BLANK if unicode else "".join(filter(str.isascii, BLANK))
    text = f"trim({cell}, {literal(blanks)})"
    if not unicode and not formulas:
        return text
    if unicode:
        text = f"nfc_normalize(translate({text}, '{WIDE}', '{NARROW}'))"
    if formulas:
        text = f"trim(regexp_replace({text}, {literal(FORMULA)}, '\\1'), {literal(blanks)})"
    return f"CASE WHEN regexp_full_match({cell}, {literal(PLAIN)}) THEN {cell} ELSE {text} END"
