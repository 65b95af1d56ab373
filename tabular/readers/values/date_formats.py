"""Decide how the dates of a column are written: candidates from the shapes, then hits in all values."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import duckdb

from tabular.readers.values.date_patterns import ISO, expression, is_time, matches, regex_of
from tabular.readers.values.month_names import ALTERNATIVES
from tabular.readers.values.shapes import Shape

Order = Literal["month_first", "day_first", "year_first"]
TIMES = (
    "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%H:%M:%S,%f", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p", "%Hh%M",
    "%H:%M:%S %z", "%H:%M:%S%z",
)  # fmt: skip
GAPS = (" ", "T", ", ", ":")  # between date and time
CLEAR_DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %b %y", "%d/%b/%Y", "%d/%b/%y",
    "%d%b%Y", "%d. %b %Y", "%d. %b %y", "%d de %b de %Y", "%b %d, %Y", "%b %d %Y", "%Y-%b-%d", "%Y %b %d", "%Y-%m",
    "%Y/%m", "%m/%Y", "%m.%Y", "%b-%y", "%b %y", "%b-%Y", "%b %Y", "%b, %Y", "%d.%m.%Y", "%d.%m.%y",
    "%a, %d %b %Y", "%a %b %d %Y", "%a %d %b %Y", "%A, %b %d, %Y", "%A, %d %b %Y", "%A %d %b %Y", "%a, %b %d, %Y",
    "%YQ%q", "%Y-Q%q", "%Y Q%q", "Q%q %Y", "Q%q-%Y", "Q%q/%Y", "%qQ%Y", "%G-W%V", "%GW%V", "%G-W%V-%u", "%Y年%m月%d日",
    "%Y年%m月", "%Y년 %m월 %d일", "%Y. %m. %d.", "%Y. %m. %d",
)  # fmt: skip
ZONED = ("%a %b %d %H:%M:%S %z %Y", "%Y%m%dT%H%M%SZ", "%Y%m%dT%H%M%S", "%a, %d %b %Y %H:%M:%S GMT")
MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y")
DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d-%m-%y")
YEAR_FIRST = ("%y/%m/%d", "%y-%m-%d", "%y.%m.%d")
ORDERS: dict[Order, tuple[str, ...]] = {"month_first": MONTH_FIRST, "day_first": DAY_FIRST, "year_first": YEAR_FIRST}
DATE_LIKE = re.compile(
    f"(?i)(?:[0-9]|[-/.:, +]|\\b(?:am|pm)\\b|am$|pm$|[tzqwh]|\\b(?:utc|gmt|de)\\b|[年月日년월일]|"
    f"\\b(?:mon|tues?|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?\\b|{ALTERNATIVES})+"
)
PLAUSIBLE = (1800, 2199)  # years; a column of other years holds codes, scores or versions
MOSTLY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class DateEvidence:
    """How many values are plausible dates with the month first, the day first, or the year first.

    patterns: those of each order that occur. Patterns that are clear belong to every order.
    """

    values: int
    hits: dict[Order, int]
    patterns: dict[Order, tuple[str, ...]]

    @property
    def best(self) -> int:
        """The most values that one order fits."""
        return max(self.hits.values(), default=0)

    @property
    def order(self) -> Order | None:
        """The order if the values decide it, None if both fit or no order matters."""
        month, day = self.hits.get("month_first", 0), self.hits.get("day_first", 0)
        return None if month == day else "month_first" if month > day else "day_first"

    @property
    def ambiguous(self) -> bool:
        """Whether month and day could be swapped."""
        patterns = self.patterns.get("month_first", ())
        return self.order is None and any(_starts(pattern, MONTH_FIRST) for pattern in patterns)

    @property
    def year_could_be_first(self) -> bool:
        """Whether years of two digits could as well stand first."""
        patterns = self.patterns.get("year_first", ())
        fits = 0 < self.hits.get("year_first", 0) == self.best
        return fits and all(_starts(pattern, YEAR_FIRST) for pattern in patterns)


def candidates(shapes: Iterable[Shape]) -> dict[Order, tuple[str, ...]]:
    """Return the patterns that nearly all shapes of a column have, by order; empty if they are no dates."""
    counted = [(shape.text, shape.count) for shape in shapes]
    total = sum(count for _, count in counted)
    dated = [(text, count) for text, count in counted if DATE_LIKE.fullmatch(text)]
    if not total or sum(count for _, count in dated) < MOSTLY * total:
        return {}
    texts = [text for text, _ in dated]
    clear = _seen((ISO, *TIMES, *_with_times(CLEAR_DATES, texts), *ZONED), texts)
    orders: dict[Order, tuple[str, ...]] = {}
    for order, dates in ORDERS.items():
        patterns = (*clear, *_seen(_with_times(dates, texts), texts))
        fitting = sum(count for text, count in dated if any(matches(pattern, text) for pattern in patterns))
        if fitting >= MOSTLY * total:
            orders[order] = patterns
    return orders


def _with_times(dates: Sequence[str], texts: Sequence[str]) -> Sequence[str]:
    """Return patterns of dates, also followed by the forms of times that the texts have."""
    ends = [time for time in TIMES if any(_ending(time).search(text) for text in texts)]
    return [*dates, *(f"{date}{gap}{time}" for time in ends for date in dates for gap in GAPS)]


@cache
def _ending(time: str) -> re.Pattern[str]:
    return re.compile(f"[0-9年日][ T,:]*{regex_of(time)}$")


def _seen(patterns: Iterable[str], texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(pattern for pattern in patterns if any(matches(pattern, text) for text in texts))


def _starts(pattern: str, dates: Sequence[str]) -> bool:
    return any(pattern.startswith(date) for date in dates)


def date_evidence(
    connection: duckdb.DuckDBPyConnection, cell: str, values: int, patterns: dict[Order, tuple[str, ...]]
) -> DateEvidence:
    """Count the plausible dates among the values of a column (SQL) of the view `staged`."""
    if not patterns:
        return DateEvidence(values=values, hits={}, patterns={})
    tests = ", ".join(f"count(*) FILTER ({_plausible(cell, found)})" for found in patterns.values())
    hits = connection.execute(f"SELECT {tests} FROM staged").fetchone() or ()  # noqa: S608 - no names
    return DateEvidence(values=values, hits=dict(zip(patterns, hits, strict=True)), patterns=patterns)


def _plausible(cell: str, patterns: Sequence[str]) -> str:
    return f"year({expression(cell, patterns)}) BETWEEN {PLAUSIBLE[0]} AND {PLAUSIBLE[1]}"


def decide_order(evidence: DateEvidence, day_first_columns: int, month_first_columns: int) -> Order:
    """Return the order: as the column's own values say, else as the other columns, else month first."""
    if evidence.order:
        return evidence.order
    if not evidence.hits.get("month_first") and evidence.hits.get("year_first", 0) > evidence.hits.get("day_first", 0):
        return "year_first"
    return "day_first" if day_first_columns > month_first_columns else "month_first"


def times_only(patterns: Sequence[str]) -> bool:
    """Return whether the values are times of day."""
    return bool(patterns) and all(map(is_time, patterns))
