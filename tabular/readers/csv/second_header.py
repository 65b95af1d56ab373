"""Recognize a second row of names, units or dashes below the header, and join the names."""

import re
from collections.abc import Sequence
from itertools import zip_longest

from tabular.column_format import BLANK
from tabular.profile import DataWarning
from tabular.readers.csv.header import MOSTLY, Row, is_measured

MIN_ROWS = 5  # below, which must differ from the second row
DASHES = re.compile("[-=+: ]*-[-=+: ]*")
MAX_SHOWN = 60


def has_second_header(rows: Sequence[Row], missing: frozenset[str]) -> bool:
    """Return whether the second of some rows, the first of which is the header, holds no values."""
    if len(rows) < 2 + MIN_ROWS or len(rows[0]) < 2 or len(rows[1]) != len(rows[0]):
        return False
    second = [cell.strip(BLANK) for cell in rows[1]]
    if all(DASHES.fullmatch(cell) for cell in second):
        return True
    foreign = 0
    for place, cell in enumerate(second):
        below = [text for row in rows[2:] if place < len(row) and (text := row[place].strip(BLANK)) not in missing]
        if not cell or not below:
            continue
        measured = sum(map(is_measured, below)) >= MOSTLY * len(below)
        if cell in below or cell in missing or (measured and is_measured(cell)):
            return False
        foreign += measured
    return foreign > 0


def joined_names(first: Row, second: Row) -> list[str]:
    """Return the names. An empty cell of the first row continues the cell to its left, as in merged cells."""
    pairs = [(a.strip(BLANK), b.strip(BLANK)) for a, b in zip_longest(first, second, fillvalue="")]
    if not any(b and not a for a, b in pairs) or all(DASHES.fullmatch(b) for _, b in pairs if b):
        return list(first)
    names, group = list[str](), ""
    for name, part in pairs:
        group = name or group
        names.append(f"{group} {part}".strip() if part else name)
    return names


def second_header(second: Row) -> DataWarning:
    """Return the warning that the second row is not data."""
    text = ",".join(second)
    shown = text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "\u2026"
    return DataWarning(
        code="second_header",
        detail=f"The row below the header ({shown}) holds names or units; it is not read as data.",
        fix="If it is data, correct its values.",
    )
