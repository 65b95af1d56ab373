"""The first row is a header or data, judged by all columns."""

import pytest

from tabular.readers.csv.header import column_names, decide_header, is_measured

MISSING = frozenset({"", "NA", "?"})
LABELS = [["red", "S"], ["blue", "M"], ["red", "L"], ["blue", "S"]]


@pytest.mark.parametrize(
    ("first", "below", "header"),
    [
        (["age", "job"], [["39", "clerk"], ["50", "nurse"]], True),
        (["39", "clerk"], [["50", "nurse"], ["28", "clerk"]], False),
        (["color", "size"], LABELS, True),
        (["red", "S"], LABELS, False),
        (["city", "2019", "2020"], [["a", "1.5", "2.5"], ["b", "3.5", "4.5"]], True),
        (["", "0", "1"], [["0", "1.5", "2.5"], ["1", "3.5", "4.5"]], True),
        (["leaf", "NA"], [["x", "p"], ["y", "q"], ["x", "p"], ["y", "q"]], True),
        (["5.1", "3.5", "setosa"], [["4.9", "3.0", "setosa"], ["4.7", "3.2", "setosa"]], False),
        (["2024-01-01", "2024-02-01"], [["1", "2"], ["3", "4"]], True),
        (["1", "2"], [], True),
    ],
)
def test_header_is_decided_by_all_columns(first: list[str], below: list[list[str]], header: bool) -> None:  # noqa: FBT001
    assert decide_header([first, *below], MISSING).header is header


def test_decision_is_sure_only_with_clear_evidence() -> None:
    assert decide_header([["age"], ["39"], ["50"]], MISSING).sure
    assert not decide_header([["0"], ["3"], ["4"]], MISSING).sure
    assert not decide_header([["name"], ["bob"], ["ann"]], MISSING).sure


@pytest.mark.parametrize(
    ("cell", "measured"), [("5", True), ("$5", True), ("2024-01-05", True), ("a5", False), ("", False)]
)
def test_numbers_and_dates_are_measured(cell: str, measured: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert is_measured(cell) is measured


def test_names_are_stripped_normalized_and_unique() -> None:
    names, warnings = column_names([" age ", "Gro\u0308ße", "AGE", "", "\u3000"])
    assert names == ("age", "Größe", "AGE_2", "column_4", "column_5")
    assert [warning.code for warning in warnings] == [
        "whitespace_in_header",
        "duplicate_header",
        "empty_header",
        "whitespace_in_header",
        "empty_header",
    ]


def test_unnamed_column_that_counts_rows_is_an_index() -> None:
    assert column_names(["", "a"], index=True)[0] == ("index", "a")
    assert column_names(["", "index"], index=True)[0] == ("column_1", "index")


def test_years_in_order_are_names() -> None:
    rows = [["state", "2001", "2011"], ["Goa", "556", "588"], ["Delhi", "9421", "11297"], ["Bihar", "43243", "54390"]]
    assert decide_header(rows, MISSING).header


def test_long_digits_take_no_long_search() -> None:
    assert not is_measured("9" * 60 + "?")
