"""Summarize a column by the shapes of its values: digits become 9, so that a few shapes stand for millions of values.

The first digit stays 0 if it is 0. Letters stay, but words of 13 letters or more become w. `007` has the shape 099,
`$1,234.50` the shape $9,999.99, `5 Jan 2020` the shape 9 Jan 9999.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from tabular.sql import literal

MAX_LENGTH = 40  # a longer value is free text and has the shape LONG
MAX_SHAPES = 400  # the most frequent ones that are looked at; structured columns have fewer
VALUES_AT_ONCE = 2_000_000
MAX_COLUMNS = 512  # in one query; its planning time grows with their number
LONG = "…"
ZERO = "\ue000"  # marks a leading 0, a character that no file has


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape, the number of values that have it, and one of them."""

    text: str
    count: int
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnShapes:
    """The values of a column, without the missing ones. `distinct` is approximate."""

    place: int
    values: int = 0
    distinct: int = 0
    length: float = 0.0  # characters on average
    shapes: tuple[Shape, ...] = ()


def column_shapes(connection: duckdb.DuckDBPyConnection, places: Sequence[int], rows: int) -> Iterator[ColumnShapes]:
    """Yield the shapes of string columns c{place} of the view `staged`."""
    step = min(MAX_COLUMNS, max(1, VALUES_AT_ONCE // max(rows, 1)))
    for start in range(0, len(places), step):
        yield from _group(connection, places[start : start + step])


def _group(connection: duckdb.DuckDBPyConnection, places: Sequence[int]) -> Iterator[ColumnShapes]:
    cells = ", ".join(f"c{place}" for place in places)
    values = f"(UNPIVOT (SELECT {cells} FROM staged) ON {cells} INTO NAME place VALUE v)"  # noqa: S608 - no names
    facts = connection.execute(
        f"SELECT place, count(*), approx_count_distinct(v), avg(length(v)) FROM {values} GROUP BY place"  # noqa: S608 - no names
    ).fetchall()
    counted = f"SELECT place, left(v, {MAX_LENGTH + 1}) AS v, count(*) AS n FROM {values} GROUP BY ALL"  # noqa: S608 - no names
    shaped = f"SELECT place, {shape_expression('v')} AS shape, n, v FROM ({counted})"  # noqa: S608 - no names
    grouped = f"SELECT place, shape, sum(n)::BIGINT AS n, min(v) AS v FROM ({shaped}) GROUP BY place, shape"  # noqa: S608 - no names
    rank = "row_number() OVER (PARTITION BY place ORDER BY n DESC, shape)"
    ranked = f"SELECT * FROM ({grouped}) QUALIFY {rank} <= {MAX_SHAPES}"  # noqa: S608 - no names
    shapes = dict[str, list[Shape]]()
    for place, text, count, example in connection.execute(f"{ranked} ORDER BY n DESC, shape").fetchall():
        shapes.setdefault(place, []).append(Shape(text, count, example))
    known = {place: (count, distinct, length) for place, count, distinct, length in facts}
    for place in places:
        count, distinct, length = known.get(f"c{place}", (0, 0, 0.0))
        found = tuple(shapes.get(f"c{place}", ()))
        yield ColumnShapes(place=place, values=count, distinct=distinct, length=length, shapes=found)


def shape_expression(value: str) -> str:
    """Return SQL for the shape of a value (SQL)."""
    marked = f"regexp_replace({value}, '^([^0-9]*)0', '\\1{ZERO}')"
    digits = f"translate({marked}, {literal('0123456789' + ZERO)}, '99999999990')"
    words = f"regexp_replace({digits}, '\\p{{L}}{{13,}}', 'w', 'g')"
    return f"CASE WHEN length({value}) > {MAX_LENGTH} THEN '{LONG}' ELSE {words} END"
