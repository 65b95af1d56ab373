"""Durations such as 36:15:00 or "2 days 01:30:00", read as a number in their smallest part: seconds or minutes.

Each is read twice, from the same rules: in SQL for files, in Python for rows that are sent.
"""

import re

from tabular.sql import literal

CLOCK = "[+-]?(?:[0-9]+ days?,? )?[0-9]+(?::[0-5][0-9]){1,2}(?:[.][0-9]+)?"
PARTS = "^([+-]?)(?:([0-9]+) days?,? )?([0-9]+):([0-9]{2})(?::([0-9]{2}))?([.][0-9]+)?$"
SHAPE = re.compile(CLOCK.replace("[0-5]", "[09]"))


def is_duration(shape: str) -> bool:
    """Return whether a shape, in which digits are 9 or 0, may be a duration."""
    return bool(SHAPE.fullmatch(shape))


def parse_duration(text: str) -> float | None:
    """Return the duration in its smallest part, None if the text is none. A day counts as 24 hours."""
    if not re.fullmatch(CLOCK, text):
        return None
    sign, days, first, second, third, fraction = re.fullmatch(PARTS, text, re.DOTALL).groups()  # type: ignore[union-attr]
    minutes = int(days or 0) * 1440 + int(first) * 60 + int(second)
    number = float(minutes * 60 + int(third) if third else minutes) + float(fraction or 0)
    return -number if sign == "-" else number


def expression(cell: str) -> str:
    """Return SQL for the duration in a cell (SQL), null if it is none."""
    part = [f"TRY_CAST(regexp_extract({cell}, {literal(PARTS)}, {number}) AS DOUBLE)" for number in range(7)]
    minutes = f"coalesce({part[2]}, 0) * 1440 + {part[3]} * 60 + {part[4]}"
    number = f"coalesce(({minutes}) * 60 + {part[5]}, {minutes}) + coalesce({part[6]}, 0)"
    signed = f"CASE WHEN {cell}[1] = '-' THEN -({number}) ELSE {number} END"
    return f"CASE WHEN regexp_full_match({cell}, {literal(CLOCK)}) THEN {signed} END"
