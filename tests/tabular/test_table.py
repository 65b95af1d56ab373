"""Canonical Parquet: some of the rows, whatever the columns are called."""

from pathlib import Path

import pytest

from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions
from tabular.table import read_table


@pytest.mark.parametrize("name", ["value", "file_row_number", "File_Row_Number"])
def test_some_rows_are_those_with_their_numbers(tmp_path: Path, name: str) -> None:
    source, parquet = tmp_path / "source.csv", tmp_path / "table.parquet"
    source.write_text(f"{name},word\n" + "".join(f"{number * 10.5},w{number % 3}\n" for number in range(50)))
    read_csv(source, parquet, ReadOptions(), Limits())
    table = read_table(parquet, [name, "word"], range(5, 40, 7))
    assert table.rows == 5
    assert table.columns[name].values.tolist() == [number * 10.5 for number in range(5, 40, 7)]
    words = table.columns["word"]
    assert [words.labels[code] for code in words.values] == [f"w{number % 3}" for number in range(5, 40, 7)]
    assert read_table(parquet, rows=range(48, 60)).rows == 2
