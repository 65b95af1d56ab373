"""Patterns of dates and times: what they match, and how one value is read.

A pattern is written as for `strptime`. `iso` is ISO 8601 with an optional time and offset, `epoch_s` and `epoch_ms` are
seconds and milliseconds since 1970. Each pattern is read twice, from the same table: in SQL for files, in Python for
rows that are sent.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from tabular.sql import literal

ISO = "iso"
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}  # microseconds in a unit
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME_DATE = "1970-01-01"  # the day of a time without a date
DIRECTIVES = {
    "%Y": "[1-9][0-9]{3}",
    "%y": "[0-9]{2}",
    "%m": "[0-9]{1,2}",
    "%d": "[0-9]{1,2}",
    "%b": "[A-Za-z]{3}",
    "%B": "[A-Za-z]{3,9}",
    "%H": "[0-9]{1,2}",
    "%I": "[0-9]{1,2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%f": "[0-9]{1,6}",
    "%p": "[AaPp][Mm]",
}
ISO_TIME = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?( ?(Z|[+-][0-9]{2}(:?[0-9]{2})?))?"
ISO_REGEX = f"[1-9][0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}({ISO_TIME})?"
TOKENS = re.compile(r"%.|[^%]", re.DOTALL)


def check_pattern(pattern: str) -> None:
    """Raise ValueError if a pattern cannot be read."""
    if pattern == ISO or pattern in EPOCHS:
        return
    tokens = TOKENS.findall(pattern)
    unknown = [token for token in tokens if token.startswith("%") and token not in DIRECTIVES]
    if unknown or not any(token in DIRECTIVES for token in tokens):
        raise ValueError(
            f"date_format: {pattern!r} is not supported; use iso, epoch_s, epoch_ms or a pattern of "
            f"{' '.join(DIRECTIVES)}, such as %d/%m/%Y"
        )


@cache
def regex_of(pattern: str) -> str:
    """Return a regular expression for texts of a pattern, valid in Python and in DuckDB."""
    if pattern == ISO:
        return ISO_REGEX
    if pattern in EPOCHS:
        return "-?[0-9]{1,15}"
    return "".join(DIRECTIVES.get(token) or re.escape(token) for token in TOKENS.findall(pattern))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(regex_of(pattern))


def matches(pattern: str, text: str) -> bool:
    """Return whether a text has the form of a pattern; it may still be no date, such as 2026-02-31."""
    return bool(_compiled(pattern).fullmatch(text))


def is_time(pattern: str) -> bool:
    """Return whether a pattern is a time of day without a date."""
    return pattern not in EPOCHS and pattern != ISO and not any(part in pattern for part in ("%Y", "%y", "%m", "%d"))


def expression(cell: str, patterns: Sequence[str]) -> str:
    """Return SQL for the timestamp in UTC that a cell (SQL) holds, null if it has none of the patterns."""
    return f"coalesce({', '.join(_expression(cell, pattern) for pattern in patterns)}, NULL)"


def _expression(cell: str, pattern: str) -> str:
    guard = f"regexp_full_match({cell}, {literal(regex_of(pattern))})"
    if pattern in EPOCHS:
        value = f"make_timestamp(TRY_CAST({cell} AS BIGINT) * {EPOCHS[pattern]})"
    elif pattern == ISO:  # a cast to TIMESTAMP would drop offsets; a cast to TIMESTAMPTZ wants seconds
        full = f"regexp_replace({cell}, '^(.{{10}}.[0-9]{{2}}:[0-9]{{2}})($|[^:0-9])', '\\1:00\\2')"
        value = f"make_timestamp(epoch_us(TRY_CAST(regexp_replace({full}, ' ([Z+-])', '\\1') AS TIMESTAMPTZ)))"
    elif is_time(pattern):
        value = f"try_strptime('{TIME_DATE} ' || {cell}, {literal('%Y-%m-%d ' + pattern)})"
    else:
        value = f"try_strptime({cell}, {literal(pattern)})"
    return f"CASE WHEN {guard} THEN {value} END"


def microseconds(text: str, patterns: Sequence[str]) -> int | None:
    """Return microseconds since 1970 UTC of a text, None if it has none of the patterns."""
    for pattern in patterns:
        if matches(pattern, text):
            try:
                return _microseconds(text, pattern)
            except (ValueError, OverflowError):
                continue
    return None


def _microseconds(text: str, pattern: str) -> int:
    if pattern in EPOCHS:
        return int(text) * EPOCHS[pattern]
    if pattern == ISO:
        time = datetime.fromisoformat(text.replace(" ", "T", 1).replace(" ", ""))
    elif is_time(pattern):
        time = datetime.strptime(f"{TIME_DATE} {text}", f"%Y-%m-%d {pattern}")  # noqa: DTZ007 - UTC below
    else:
        time = datetime.strptime(text, pattern)  # noqa: DTZ007 - UTC below
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)
