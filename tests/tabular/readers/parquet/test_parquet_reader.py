"""Parquet files: types of columns, values that cannot be stored, damaged files."""

import contextlib
from pathlib import Path

import pytest

from tabular.errors import InvalidDataset
from tabular.limits import Limits
from tests.support.typed_files import problems_as, read_as, write_parquet

TYPES = {
    "i::INTEGER": ("number", 3),
    "i::UTINYINT": ("number", 3),
    "i / 2": ("number", 1.5),
    "(i / 2)::FLOAT": ("number", 1.5),
    "i::DECIMAL(9, 2)": ("number", 3.0),
    "i = 3": ("boolean", "true"),
    "'v' || i % 4": ("category", "v3"),
    "(i % 4)::VARCHAR::ENUM('0', '1', '2', '3')": ("number", 3),
    "DATE '2020-01-01' + i::INTEGER": ("datetime", 1578096000000000),
    "TIMESTAMP_NS '2020-01-04 00:00:00'": ("datetime", 1578096000000000),
    "TIMESTAMPTZ '2020-01-04 02:00:00+02'": ("datetime", 1578096000000000),
    "'$1,23' || i % 10": ("number", 1233.0),
    "i::BIGINT * 1000000000000000": ("category", "3000000000000000"),
}


@pytest.mark.parametrize("expression", TYPES)
def test_each_type_becomes_a_column_type(tmp_path: Path, expression: str) -> None:
    source = write_parquet(tmp_path / "a.parquet", f"SELECT {expression} AS c FROM range(40) AS r(i)")
    found = read_as("parquet", source)
    assert (found.column("c").type, found.cells("c")[3]) == TYPES[expression]


def test_nulls_nan_and_missing_spellings_are_missing(tmp_path: Path) -> None:
    query = "SELECT * FROM (VALUES (NULL, 'NA', 1), ('nan'::DOUBLE, ' x ', -999), (1, 'x', 2)) AS v(a, b, c)"
    found = read_as("parquet", write_parquet(tmp_path / "a.parquet", query), missing=("NA", "-999"))
    assert found.cells("a") == [None, None, 1.0]
    assert found.cells("b") == [None, "x", "x"]
    assert found.cells("c") == [1, None, 2]


def test_the_sender_can_decide_the_type(tmp_path: Path) -> None:
    source = write_parquet(tmp_path / "a.parquet", "SELECT i AS code, '2020' AS year FROM range(5) AS r(i)")
    found = read_as("parquet", source, types={"code": "category"}, date_formats={"year": "%Y"})
    assert found.cells("code") == ["0", "1", "2", "3", "4"]
    assert found.column("year").type == "datetime"


def test_unsupported_types_are_listed_with_a_fix_each(tmp_path: Path) -> None:
    query = "SELECT [1, 2] AS l, {'a': 1} AS s, 'x'::BLOB AS b, INTERVAL 1 DAY AS i, 1 AS fine"
    found = problems_as("parquet", write_parquet(tmp_path / "a.parquet", query))
    assert [problem.column for problem in found] == ["l", "s", "b", "i"]
    assert all(problem.fix and "not supported" in problem.detail for problem in found)


def test_values_that_cannot_be_stored_are_reported_with_row(tmp_path: Path) -> None:
    query = "SELECT 'inf'::DOUBLE AS f, TIMESTAMP 'infinity' AS t, 'a' || chr(0) AS s, DATE '20000-01-01' AS d"
    found = problems_as("parquet", write_parquet(tmp_path / "a.parquet", query))
    assert [problem.column for problem in found] == ["f", "t", "s", "d"]
    assert all("in row 1" in problem.detail for problem in found)


def test_damaged_files_are_rejected(tmp_path: Path) -> None:
    whole = write_parquet(tmp_path / "a.parquet", "SELECT i, 'text' || i AS t FROM range(1000) AS r(i)").read_bytes()
    footer = len(whole) - 200
    for damaged in (b"", b"PAR1", whole[:-9], whole[:footer] + bytes(100) + whole[footer + 100 :], b"x" * 50):
        source = tmp_path / "damaged.parquet"
        source.write_bytes(damaged)
        assert problems_as("parquet", source)[0].fix


def test_every_changed_byte_of_the_footer_gives_a_table_or_problems(tmp_path: Path) -> None:
    whole = write_parquet(tmp_path / "a.parquet", "SELECT i FROM range(9) AS r(i)").read_bytes()
    source = tmp_path / "changed.parquet"
    for at in range(len(whole) - 120, len(whole), 29):
        source.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        with contextlib.suppress(InvalidDataset):  # OverLimit is one too
            read_as("parquet", source)


def test_too_many_rows_or_columns_are_rejected(tmp_path: Path) -> None:
    source = write_parquet(tmp_path / "a.parquet", "SELECT i, i + 1 AS j FROM range(20) AS r(i)")
    assert "rows" in problems_as("parquet", source, limits=Limits(rows=10))[0].detail
    assert "columns" in problems_as("parquet", source, limits=Limits(columns=1))[0].detail
    assert "cells" in problems_as("parquet", source, limits=Limits(cells=30))[0].detail
