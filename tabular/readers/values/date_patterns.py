"""Patterns of dates and times: what they match, and how one value is read.

A pattern is written as for `strptime`; `%q` is a quarter, and `%b` the name of a month in several languages. `iso` is
ISO 8601 with an optional time and offset, `epoch_s` and `epoch_ms` are seconds and milliseconds since 1970, `excel` is
days since 1899-12-30. Each pattern is read twice, from the same table: in SQL for files, in Python for sent rows.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache

from tabular.readers.values import month_names
from tabular.sql import literal

ISO = "iso"
EXCEL = "excel"
EPOCHS = {"epoch_s": 1_000_000, "epoch_ms": 1_000}  # microseconds in a unit
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXCEL_EPOCH = datetime(1899, 12, 30, tzinfo=UTC)
TIME_DATE = "1970-01-01"  # the day of a time without a date
DAY_US = 86_400_000_000
DIRECTIVES = {
    "%Y": "[1-9][0-9]{3}",
    "%y": "[0-9]{2}",
    "%m": "[0-9]{1,2}",
    "%d": "[0-9]{1,2}",
    "%b": month_names.PATTERN,
    "%B": month_names.PATTERN,
    "%H": "[0-9]{1,2}",
    "%I": "[0-9]{1,2}",
    "%M": "[0-9]{2}",
    "%S": "[0-9]{2}",
    "%f": "[0-9]{1,6}",
    "%p": "[AaPp][Mm]",
    "%a": "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
    "%A": "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)",
    "%z": "[+-][0-9]{2}:?[0-9]{2}",
    "%G": "[1-9][0-9]{3}",
    "%V": "[0-9]{2}",
    "%u": "[0-9]",
    "%q": "[0-9]",
}
ISO_TIME = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?( ?(Z|UTC|GMT|[+-][0-9]{2}(:?[0-9]{2})?))?"
ISO_REGEX = f"[1-9][0-9]{{3}}-[0-9]{{2}}-[0-9]{{2}}({ISO_TIME})?"
EXCEL_REGEX = "[1-9][0-9]{0,5}([.][0-9]{1,12})?"
TOKENS = re.compile(r"%.|[^%]", re.DOTALL)
NUMERIC = frozenset({EXCEL, *EPOCHS})  # patterns of numbers that are times
COMPACT = ("%m%d%Y", "%d%m%Y")  # may lack their first zero


def check_pattern(pattern: str) -> None:
    """Raise ValueError if a pattern cannot be read."""
    if pattern == ISO or pattern in NUMERIC:
        return
    tokens = TOKENS.findall(pattern)
    unknown = [token for token in tokens if token.startswith("%") and token not in DIRECTIVES]
    quarter = "%q" not in tokens or re.search("Q%q|%qQ", pattern)
    if unknown or not quarter or not any(token in DIRECTIVES for token in tokens):
        raise ValueError(
            f"date_format: {pattern!r} is not supported; use iso, epoch_s, epoch_ms, excel or a pattern of "
            f"{' '.join(DIRECTIVES)}, such as %d/%m/%Y"
        )


@cache
def regex_of(pattern: str) -> str:
    """Return a regular expression for texts of a pattern, valid in Python and in DuckDB."""
    if pattern == ISO:
        return ISO_REGEX
    if pattern in EPOCHS:
        return "-?[0-9]{1,15}"
    if pattern == EXCEL:
        return EXCEL_REGEX
    if pattern in COMPACT:
        return "[0-9]{7,8}"
    return "".join(DIRECTIVES.get(token) or re.escape(token) for token in TOKENS.findall(pattern))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(regex_of(pattern))


def matches(pattern: str, text: str) -> bool:
    """Return whether a text has the form of a pattern; it may still be no date, such as 2026-02-31."""
    return bool(_compiled(pattern).fullmatch(text))


def is_time(pattern: str) -> bool:
    """Return whether a pattern is a time of day without a date."""
    return (
        pattern not in NUMERIC
        and pattern != ISO
        and not any(part in pattern for part in ("%Y", "%y", "%m", "%d", "%G"))
    )


def expression(cell: str, patterns: Sequence[str]) -> str:
    """Return SQL for the timestamp in UTC that a cell (SQL) holds, null if it has none of the patterns."""
    return f"coalesce({', '.join(_expression(cell, pattern) for pattern in patterns)}, NULL)"


def _expression(cell: str, pattern: str) -> str:
    guard = f"regexp_full_match({cell}, {literal(regex_of(pattern))})"
    if pattern in EPOCHS:
        value = f"make_timestamp(TRY_CAST({cell} AS BIGINT) * {EPOCHS[pattern]})"
    elif pattern == EXCEL:
        start = (EXCEL_EPOCH - EPOCH) // timedelta(microseconds=1)
        value = f"make_timestamp(round({cell}::DOUBLE * {DAY_US})::BIGINT + {start})"
    elif pattern == ISO:  # a cast to TIMESTAMP would drop offsets; a cast to TIMESTAMPTZ wants seconds
        full = f"regexp_replace({cell}, '^(.{{10}}.[0-9]{{2}}:[0-9]{{2}})($|[^:0-9])', '\\1:00\\2')"
        zone = f"regexp_replace(regexp_replace({full}, ' ?(Z|UTC|GMT)$', 'Z'), ' ([Z+-])', '\\1')"
        value = f"make_timestamp(epoch_us(TRY_CAST({zone} AS TIMESTAMPTZ)))"
    else:
        text, form = _numeric_text(cell, pattern)
        value = f"try_strptime({text}, {literal(form)})"
        if "%z" in form:
            value = f"make_timestamp(epoch_us({value}))"
    return f"CASE WHEN {guard} THEN {value} END"


def _numeric_text(cell: str, pattern: str) -> tuple[str, str]:
    """Return SQL for the text of a cell, and a pattern that DuckDB reads: without names, quarters or missing days."""
    if is_time(pattern):
        return f"'{TIME_DATE} ' || {cell}", f"%Y-%m-%d {pattern}"
    if pattern in COMPACT:
        return f"lpad({cell}, 8, '0')", pattern
    if "%q" in pattern:
        quarter = _quarter(pattern)
        month = f"(TRY_CAST(regexp_extract({cell}, '{quarter}', 1) AS INTEGER) * 3 - 2)"
        return f"regexp_replace({cell}, '{quarter}', '/' || {month} || '/')", _with_month(pattern)
    if "%G" in pattern and "%u" not in pattern:
        return f"{cell} || ' 1'", f"{pattern} %u"
    if "%b" in pattern or "%B" in pattern:
        return month_names.with_numbers_expression(cell), _with_month(pattern)
    return cell, pattern


def _quarter(pattern: str) -> str:
    return "Q([1-4])" if "Q%q" in pattern else "([1-4])Q"


def _with_month(pattern: str) -> str:
    """Return the pattern of a text in which a quarter or a name became the number of a month between slashes."""
    return re.sub("Q%q|%qQ|%[bB]", "/%m/", pattern)


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
    if pattern == EXCEL:
        return round(float(text) * DAY_US) + (EXCEL_EPOCH - EPOCH) // timedelta(microseconds=1)
    if pattern == ISO:
        zoned = re.sub(" ?(Z|UTC|GMT)$", "Z", text)
        time = datetime.fromisoformat(zoned.replace(" ", "T", 1).replace(" ", ""))
    elif is_time(pattern):
        time = datetime.strptime(f"{TIME_DATE} {text}", f"%Y-%m-%d {pattern}")  # noqa: DTZ007 - UTC below
    elif "%q" in pattern:
        quarter = re.sub(_quarter(pattern), lambda found: f"/{int(found[1]) * 3 - 2}/", text, count=1)
        time = datetime.strptime(quarter, _with_month(pattern))  # noqa: DTZ007 - UTC below
    elif "%G" in pattern and "%u" not in pattern:
        time = datetime.strptime(f"{text} 1", f"{pattern} %u")  # noqa: DTZ007 - UTC below
    else:
        numbered = month_names.with_numbers(text) if "%b" in pattern or "%B" in pattern else text
        numbered = numbered.zfill(8) if pattern in COMPACT else numbered
        time = datetime.strptime(numbered, _with_month(pattern))  # noqa: DTZ007 - UTC below
    return ((time if time.tzinfo else time.replace(tzinfo=UTC)) - EPOCH) // timedelta(microseconds=1)
