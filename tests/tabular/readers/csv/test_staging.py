"""Which columns of a CSV file are staged again, as strings, when late rows do not fit the first ones."""

from pathlib import Path

import duckdb
import pytest

from tabular.errors import InvalidDataset
from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions

FIRST_ROWS = "a,b,c\n" + "1,2.5,3\n" * 1_200
LATE = {
    "1.5,2,3": ["DOUBLE", "DOUBLE", "BIGINT"],
    "007,2,3": ["BIGINT", "DOUBLE", "BIGINT"],
    "1,NAN,3": ["BIGINT", "DOUBLE", "BIGINT"],
    "1,2,": ["BIGINT", "DOUBLE", "BIGINT"],
}
WRONG = {"x,2,3": ("a", "x"), "1,abc,3": ("b", "abc"), "1,inf,3": ("b", "inf"), "1,-1e999,3": ("b", "-1e999")}


def test_a_late_row_changes_how_its_own_column_is_stored(tmp_path: Path) -> None:
    source, parquet = tmp_path / "a.csv", tmp_path / "a.parquet"
    for row, types in LATE.items():
        source.write_text(f"{FIRST_ROWS}{row}\n")
        found = read_csv(source, parquet, ReadOptions(), Limits())
        assert duckdb.read_parquet(str(parquet)).types == types
        assert [column.type for column in found.columns] == ["number"] * 3


def test_a_late_text_among_numbers_is_reported(tmp_path: Path) -> None:
    source, parquet = tmp_path / "a.csv", tmp_path / "a.parquet"
    for row, expected in WRONG.items():
        source.write_text(f"{FIRST_ROWS}{row}\n")
        with pytest.raises(InvalidDataset) as caught:
            read_csv(source, parquet, ReadOptions(), Limits())
        (problem,) = caught.value.problems
        assert (problem.line, problem.column, problem.value) == (1_202, *expected)
