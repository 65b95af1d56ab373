"""Shapes summarize the values of a column."""

import duckdb
import pytest

from tabular.readers.values.booleans import find_booleans
from tabular.readers.values.shapes import LONG, Shape, column_shapes, shape_expression


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("007", "099"),
        ("$1,234.50", "$9,999.99"),
        ("0.5", "0.9"),
        ("5 Jan 2020", "9 Jan 9999"),
        ("abcdefghijklmnop", "w"),
        ("x" * 41, LONG),
        ("-", "-"),
    ],
)
def test_shape_of_a_value(value: str, shape: str) -> None:
    with duckdb.connect() as connection:
        query = f"SELECT {shape_expression('v')} FROM (SELECT ? AS v)"
        assert connection.execute(query, [value]).fetchone() == (shape,)


def test_shapes_of_columns_are_counted_without_missing_values() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE staged AS FROM (VALUES ('12', NULL), ('34', NULL), ('a', NULL)) AS t(c0, c1)")
        first, second = column_shapes(connection, [0, 1], 3)
    assert first.shapes == (Shape("99", 2, "12"), Shape("a", 1, "a"))
    assert (first.values, second.values, second.shapes) == (3, 0, ())


@pytest.mark.parametrize(
    ("texts", "true", "false"),
    [(["Yes", "no"], "Yes", "no"), (["TRUE", "False"], "TRUE", "False"), (["Y"], "Y", None)],
)
def test_booleans_have_two_labels(texts: list[str], true: str, false: str | None) -> None:
    found = find_booleans([Shape(text, 1, text) for text in texts])
    assert found is not None
    assert (found.true, found.false) == (true, false)


@pytest.mark.parametrize("texts", [["yes", "maybe"], ["yes", "false"], []])
def test_other_words_are_no_booleans(texts: list[str]) -> None:
    assert find_booleans([Shape(text, 1, text) for text in texts]) is None
