"""Invalid CSV files are rejected with the line of each problem."""

from pathlib import Path
from typing import Any

import pytest

from tabular.errors import OverLimit
from tabular.limits import Limits
from tabular.readers.options import ReadOptions
from tests.support.reading import Reader, Refuser


@pytest.mark.parametrize(
    ("text", "line", "detail"),
    [
        (b"", None, "empty"),
        (b"\xef\xbb\xbf\n \n", None, "empty"),
        (b"\x89PNG\r\n\x1a\n123", 1, "PNG"),
        (b"PK\x03\x04123", 1, "Excel"),
        (b"a,b\n", 1, "no rows"),
        (b"a,b\n1,x\n2,\0\n", 3, "NUL"),
        (b'a,b\n1,x\n2,"y\n3,z\n', 3, "quote"),
        (b'a,b\n1,x\n2,"y"z\n3,z\n', 3, "quote"),
        ("a,b\n1,é\n".encode() + b"2,\xff\n", 3, "UTF-8"),
    ],
)
def test_problem_names_the_line(problems: Refuser, text: str | bytes, line: int | None, detail: str) -> None:
    (found,) = problems(text)
    assert found.line == line
    assert detail in found.detail


def test_every_ragged_row_is_reported_with_its_line(problems: Refuser) -> None:
    found = problems('a,b\n1,2\n3\n\n"x\ny",5\n6,7,8\n')
    assert [(problem.line, problem.value) for problem in found] == [(3, "3"), (7, "6,7,8")]
    assert "2" in found[0].detail


def test_at_most_a_hundred_problems_are_reported(problems: Refuser) -> None:
    assert len(problems("a,b\n" + "1,2\n" * 50 + "1,2,3\n1\n" * 250)) == 100


def test_very_long_cells_are_read_or_are_problems(read: Reader, problems: Refuser) -> None:
    assert len(read('a,b\n1,"' + "x" * 300_000 + '"\n2,y\n').cells("b")[0]) == 300_000
    assert problems('a,b\n1,"' + "x" * 300_000 + "\n2,y\n")
    (found,) = problems("a" * 3_000_000 + ",b\n1,2\n2,3\n")
    assert (found.line, "first line" in found.detail) == (1, True)


def test_many_rows_of_the_same_wrong_length_are_one_problem(problems: Refuser) -> None:
    (found,) = problems("a,b\n" + "1,2\n" * 50 + "1,2,3\n" * 30)
    assert found.line == 52
    assert "30 rows have 3 values" in found.detail


@pytest.mark.parametrize(
    ("limits", "name", "value"),
    [(Limits(rows=3), "rows", 4), (Limits(columns=1), "columns", 2), (Limits(cells=7), "cells", 8)],
)
def test_exceeded_limit_is_named_with_the_actual_value(read: Reader, limits: Limits, name: str, value: int) -> None:
    with pytest.raises(OverLimit) as caught:
        read("a,b\n1,2\n3,4\n5,6\n7,8\n", limits=limits)
    assert (caught.value.limit, caught.value.value) == (name, value)


def test_rejected_file_leaves_nothing_behind(problems: Refuser, tmp_path: Path) -> None:
    problems("a,b\n1,2\n3\n")
    assert [path.name for path in tmp_path.iterdir()] == ["source.csv"]


@pytest.mark.parametrize("options", [{"delimiter": "::"}, {"header": "maybe"}, {"types": {"a": "money"}}])
def test_invalid_options_are_rejected(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="is"):
        ReadOptions(**options)
