"""Rows sent for prediction are read by the rules of the file."""

from typing import Any

import pytest

from tabular.column_format import ColumnFormat
from tabular.errors import InvalidRows
from tabular.reading import InputColumn, RowReading
from tests.support.sent_rows import read_cells

COLUMNS = [
    InputColumn(name="age", type="number"),
    InputColumn(name="price", type="number"),
    InputColumn(name="zip", type="category"),
    InputColumn(name="hired", type="datetime"),
    InputColumn(name="paid", type="boolean"),
]
READING = RowReading(
    missing=("", "?", "NA"),
    formats={
        "age": ColumnFormat(missing=("n/a",)),
        "price": ColumnFormat(decimal=",", thousands=".", unit="€"),
        "zip": ColumnFormat(),
        "hired": ColumnFormat(dates=("%m/%d/%y",)),
        "paid": ColumnFormat(true="Yes", false="No"),
        "income": ColumnFormat(),
    },
)


def cells(row: dict[str, Any]) -> dict[str, Any]:
    return {name: values[0] for name, values in read_cells([row], COLUMNS, READING).items()}


@pytest.mark.parametrize(
    ("key", "texts"),
    [
        ("age", [39, "39", " 39 ", 39.0]),
        ("age", [None, "", "?", "NA", "n/a", "nan"]),
        ("price", [1234.5, "1.234,5", "1234,5 €"]),
        ("zip", ["02134", " 02134\u3000"]),
        ("hired", ["5/5/12", "5/5/2012", "2012-05-05", "2012-05-05T00:00:00Z"]),
        ("paid", [True, "Yes", "YES", "y"]),
    ],
)
def test_spellings_of_one_value_are_read_alike(key: str, texts: list[Any]) -> None:
    found = [cells({key: text, "age" if key != "age" else "zip": "1"})[key] for text in texts]
    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("row", "pointer", "detail"),
    [
        ({"Age": 1, "zip": "1"}, "/rows/0/Age", "Did you mean 'age'"),
        ({"agee": 1, "zip": "1"}, "/rows/0/agee", "Did you mean 'age'"),
        ({"age": 1, " age": 2}, "/rows/0/ age", "twice"),
        ({"age": "old"}, "/rows/0/age", "takes a number"),
        ({"age": 10**400}, "/rows/0/age", "between"),
        ({"age": float("inf")}, "/rows/0/age", "between"),
        ({"zip": 2134}, "/rows/0/zip", "takes a string"),
        ({"hired": "soon"}, "/rows/0/hired", "takes a time"),
        ({"paid": 2}, "/rows/0/paid", "true, false"),
        ({"income": "x"}, "/rows/0", "none of the model's columns"),
    ],
)
def test_wrong_values_and_keys_are_rejected(row: dict[str, Any], pointer: str, detail: str) -> None:
    with pytest.raises(InvalidRows) as caught:
        read_cells([row], COLUMNS, READING)
    (problem,) = caught.value.problems
    assert problem.pointer == pointer
    assert detail in problem.detail


def test_padded_keys_and_other_columns_of_the_data_set_are_accepted() -> None:
    assert cells({" age ": 39, "income": "<=50K"})["age"] == 39


def test_without_reading_rules_other_keys_are_ignored() -> None:
    assert read_cells([{"age": 39, "other": 1}], COLUMNS[:1]) == {"age": [39.0]}


def test_names_in_either_unicode_form_are_the_same() -> None:
    column = InputColumn(name="Größe", type="number")
    reading = RowReading(missing=(), formats={"Größe": ColumnFormat()})
    assert read_cells([{"Gro\u0308ße": 5}], [column], reading) == {"Größe": [5.0]}


def test_at_most_a_hundred_problems_are_reported() -> None:
    with pytest.raises(InvalidRows) as caught:
        read_cells([{"age": "old"}] * 500, COLUMNS, READING)
    assert len(caught.value.problems) == 100
