"""Rows sent for prediction mean the same as in the file: as texts that stand in it, and as JSON values."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.file_rows import input_columns, rows_as_texts, rows_typed, stored_reading
from tests.support.messy_files import MESSY
from tests.support.reading import Read
from tests.support.sent_rows import read_cells
from tests.support.typed_files import read_as, write_npz, write_parquet
from tests.support.ugly_files import UGLY

REWRITTEN = {"blank_separated", "lines_in_quotes", "backslash_escapes", "quotes_as_text"}  # cells as no CSV reader cuts
CONTENTS = {**MESSY, **{name: file.content for name, file in UGLY.items()}}


def assert_rows_mean_the_same(found: Read, *versions: list[dict[str, Any]]) -> None:
    """Check that each version of the rows is read as the table has them."""
    columns, reading = input_columns(found), stored_reading(found)
    for rows in versions:
        cells = read_cells(rows, columns, reading)
        for column in columns:
            assert cells[column.name] == found.cells(column.name)


@pytest.mark.parametrize("name", sorted(CONTENTS.keys() - REWRITTEN))
def test_rows_of_a_csv_file_mean_the_same(read_known: Callable[[str], Read], name: str) -> None:
    found = read_known(name)
    assert_rows_mean_the_same(found, rows_as_texts(found, CONTENTS[name]), rows_typed(found))


def test_rows_of_a_parquet_file_mean_the_same(tmp_path: Path) -> None:
    query = (
        "SELECT i, i / 3 AS x, i % 2 = 0 AS yes, 'l' || (i % 3) AS k, '$' || i || '.50' AS price, "
        "TIMESTAMP '2024-01-01' + INTERVAL 1 HOUR * i AS t, 9007199254740990000 + i AS code FROM range(40) r(i)"
    )
    found = read_as("parquet", write_parquet(tmp_path / "x.parquet", query))
    texts = [{**row, "price": f"${number}.50"} for number, row in enumerate(rows_typed(found))]
    assert_rows_mean_the_same(found, texts, rows_typed(found))


def test_rows_of_an_ndjson_file_mean_the_same(tmp_path: Path) -> None:
    path = tmp_path / "x.ndjson"
    path.write_text("".join(f'{{"a": {n}, "b": "{n},5", "c": {"true" if n % 2 else "false"}}}\n' for n in range(40)))
    found = read_as("ndjson", path)
    texts = [{"a": str(n), "b": f"{n},5", "c": bool(n % 2)} for n in range(40)]
    assert_rows_mean_the_same(found, texts, rows_typed(found))


def test_rows_of_an_npz_file_mean_the_same(tmp_path: Path) -> None:
    found = read_as("npz", write_npz(tmp_path / "x.npz", x=np.arange(80.0).reshape(40, 2) / 3, y=np.arange(40) % 3))
    texts = [{name: str(value) for name, value in row.items()} for row in rows_typed(found)]
    assert_rows_mean_the_same(found, texts, rows_typed(found))
