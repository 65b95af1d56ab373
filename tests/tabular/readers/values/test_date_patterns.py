"""Dates are read by patterns, in SQL as in Python, and never from texts that are no dates."""

from datetime import datetime

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tabular.readers.values.date_formats import (
    CLEAR_DATES,
    DAY_FIRST,
    MONTH_FIRST,
    YEAR_FIRST,
    DateEvidence,
    candidates,
    decide_order,
)
from tabular.readers.values.date_patterns import ISO, check_pattern, expression, microseconds
from tabular.readers.values.shapes import Shape

PATTERNS = [ISO, "%H:%M", "%I:%M %p", "epoch_s", "epoch_ms", *CLEAR_DATES, *MONTH_FIRST, *DAY_FIRST, *YEAR_FIRST]
FIRST, LAST = datetime(1000, 1, 1), datetime(9999, 12, 31)  # noqa: DTZ001 - patterns have no zone


def sql(text: str, pattern: str) -> int | None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        query = f"SELECT epoch_us({expression('v', [pattern])}) FROM (SELECT ? AS v)"
        (found,) = connection.execute(query, [text]).fetchone() or (None,)
    return found  # type: ignore[no-any-return]


@settings(max_examples=150, deadline=None)
@given(st.datetimes(FIRST, LAST), st.sampled_from(PATTERNS))
def test_sql_and_python_read_the_same_dates(time: datetime, pattern: str) -> None:
    text = (
        time.isoformat()
        if pattern == ISO
        else time.strftime(pattern.replace("epoch_ms", "%Y").replace("epoch_s", "%Y"))
    )
    assert sql(text, pattern) == microseconds(text, [pattern])


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789-/.: TZ+AaPpMmJanFeb,", max_size=18), st.sampled_from(PATTERNS))
def test_sql_and_python_agree_on_any_text(text: str, pattern: str) -> None:
    assert sql(text, pattern) == microseconds(text, [pattern])


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("5/5/12", "%m/%d/%Y"),
        ("6-4-3", "%m-%d-%y"),
        ("2026-02-30", ISO),
        ("0000-01-01", ISO),
        ("13/01/2026", "%m/%d/%Y"),
        ("25:00", "%H:%M"),
    ],
)
def test_texts_that_are_no_dates_are_not_read(text: str, pattern: str) -> None:
    assert microseconds(text, [pattern]) is None
    assert sql(text, pattern) is None


def test_unknown_directives_are_rejected() -> None:
    for pattern in ("%q", "soon", "%Y %U"):
        with pytest.raises(ValueError, match="not supported"):
            check_pattern(pattern)


def shapes(*texts: str) -> list[Shape]:
    return [Shape(text, 10, text) for text in texts]


def test_candidates_come_from_shapes() -> None:
    found = candidates(shapes("9/9/99", "99/9/99"))
    assert (found["month_first"], found["day_first"]) == (("%m/%d/%y",), ("%d/%m/%y",))
    assert candidates(shapes("9-9-9")) == {}
    assert candidates(shapes("apple", "pear 9")) == {}


@pytest.mark.parametrize(
    ("month", "day", "votes", "order"),
    [
        (10, 4, (0, 0), "month_first"),
        (4, 10, (0, 0), "day_first"),
        (10, 10, (1, 0), "day_first"),
        (10, 10, (0, 0), "month_first"),
    ],
)
def test_order_follows_from_values_then_other_columns(month: int, day: int, votes: tuple[int, int], order: str) -> None:
    patterns = {"month_first": ("%m/%d/%Y",), "day_first": ("%d/%m/%Y",)}
    evidence = DateEvidence(values=10, hits={"month_first": month, "day_first": day}, patterns=patterns)  # type: ignore[arg-type]
    assert decide_order(evidence, *votes) == order
    assert evidence.ambiguous == (month == day)
