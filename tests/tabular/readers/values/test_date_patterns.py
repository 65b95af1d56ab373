"""Dates are read by patterns, in SQL as in Python, and never from texts that are no dates."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from tabular.readers.values.date_formats import (
    CLEAR_DATES,
    DAY_FIRST,
    MONTH_FIRST,
    YEAR_FIRST,
    ZONED,
    DateEvidence,
    candidates,
    decide_order,
)
from tabular.readers.values.date_patterns import ISO, NUMERIC, check_pattern, expression, microseconds
from tabular.readers.values.shapes import Shape

PATTERNS = [ISO, "%H:%M", "%I:%M %p", *sorted(NUMERIC), *CLEAR_DATES, *ZONED, *MONTH_FIRST, *DAY_FIRST, *YEAR_FIRST]
FIRST, LAST = datetime(1000, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connected:
        connected.execute("SET TimeZone = 'UTC'")
        yield connected


def sql(connection: duckdb.DuckDBPyConnection, texts: Sequence[str], pattern: str) -> list[int | None]:
    query = f"SELECT epoch_us({expression('v', [pattern])}) FROM (SELECT unnest(?::VARCHAR[]) AS v)"
    return [found for (found,) in connection.execute(query, [texts]).fetchall()]


def test_sql_and_python_read_the_same_dates(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(5)
    times = [FIRST + timedelta(seconds=rng.random() * (LAST - FIRST).total_seconds()) for _ in range(20)]
    for pattern in PATTERNS:
        texts = [written(time, pattern) for time in times]
        found = sql(connection, texts, pattern)
        assert (pattern, found) == (pattern, [microseconds(text, [pattern]) for text in texts])
        assert None not in found


def written(time: datetime, pattern: str) -> str:
    """Return a time in a pattern."""
    if pattern == ISO:
        return time.isoformat()
    if pattern in NUMERIC:
        return str(time.year)
    if "%G" in pattern:  # years near the turn of an ISO year
        time = time.replace(month=6, day=15)
    return time.strftime(pattern.replace("%q", str((time.month + 2) // 3)))


def test_sql_and_python_agree_on_any_text(connection: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(6)
    parts = [*"0123456789-/.: TZQ+", "AM", "Pm", "Jan", "Mai", "2024", "12", "Mon", "UTC"]
    texts = ["".join(rng.choices(parts, k=rng.randrange(9))) for _ in range(100)]
    for pattern in PATTERNS:
        assert (pattern, sql(connection, texts, pattern)) == (
            pattern,
            [microseconds(text, [pattern]) for text in texts],
        )


@pytest.mark.parametrize(
    ("text", "pattern", "date"),
    [
        ("5. M\u00e4rz 2024", "%d. %b %Y", "2024-03-05"),
        ("14 ao\u00fbt 2024", "%d %b %Y", "2024-08-14"),
        ("5 de mayo de 2024", "%d de %b de %Y", "2024-05-05"),
        ("Okt. 2024", "%b %Y", "2024-10-01"),
        ("Sept 9, 2024", "%b %d, %Y", "2024-09-09"),
        ("2024Q3", "%YQ%q", "2024-07-01"),
        ("1Q2024", "%qQ%Y", "2024-01-01"),
        ("2024-W05", "%G-W%V", "2024-01-29"),
        ("2024\u5e741\u67085\u65e5", "%Y\u5e74%m\u6708%d\u65e5", "2024-01-05"),
        ("44197", "excel", "2021-01-01"),
        ("44197.75", "excel", "2021-01-01T18:00"),
        ("2024-01-05 10:11:12 UTC", ISO, "2024-01-05T10:11:12"),
        ("2024-01-05T10:11:12.123456789+02:00", ISO, "2024-01-05T08:11:12.123456"),
        ("Mon, 08 Jan 2024 10:11:12 +0100", "%a, %d %b %Y %H:%M:%S %z", "2024-01-08T09:11:12"),
        ("20240105T101112Z", "%Y%m%dT%H%M%SZ", "2024-01-05T10:11:12"),
    ],
)
def test_pattern_reads_its_date(connection: duckdb.DuckDBPyConnection, text: str, pattern: str, date: str) -> None:
    time = datetime.fromisoformat(date).replace(tzinfo=UTC)
    expected = (time - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert [expected] == sql(connection, [text], pattern)
    assert expected == microseconds(text, [pattern])


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
def test_texts_that_are_no_dates_are_not_read(connection: duckdb.DuckDBPyConnection, text: str, pattern: str) -> None:
    assert microseconds(text, [pattern]) is None
    assert sql(connection, [text], pattern) == [None]


def test_unknown_directives_are_rejected() -> None:
    for pattern in ("%Y-%q", "soon", "%Y %U"):
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
