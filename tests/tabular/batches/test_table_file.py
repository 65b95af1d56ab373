"""Tests for tabular/batches/table_file.py."""

import csv
import io
from pathlib import Path

import duckdb
import numpy as np

from tabular.batches.table_file import TableFile, unique_names
from tabular.sql import quoted
from tabular.table import Table, TableColumn

AT = "at \"once\" 'now'"
TEXTS = ("", " space ", 'say "hi"', "a,b", "line\nbreak\r\n", "=1+1", "ä€😀", "NULL", "\\N", "x" * 300_000)


def column(kind: str, values: list[float], missing: list[bool], labels: tuple[str, ...] = ()) -> TableColumn:
    dtype = {"number": np.float64, "label": np.int32, "datetime": np.int64}[kind]
    return TableColumn(kind=kind, values=np.array(values, dtype), missing=np.array(missing), labels=labels)  # type: ignore[arg-type]


def table() -> Table:
    n = len(TEXTS) + 1
    numbers = [0.1 + 0.2, 1e22, -1e-300, 5.0, *np.linspace(0, 1, n - 4)]
    return Table(
        rows=n,
        columns={
            "text": column("label", [*range(len(TEXTS)), 0], [False] * len(TEXTS) + [True], TEXTS),
            "number": column("number", numbers, [False] * (n - 1) + [True]),
            AT: column("datetime", [-1, 1_700_000_000_123_456, *range(n - 2)], [False] * n),
        },
    )


def test_values_come_back_from_csv_and_parquet_as_they_were(tmp_path: Path) -> None:
    with TableFile(table()) as file:
        file.append(table())
        with file.content() as content:
            half = content.read()
        file.clear()
        file.restore([half])
        file.append(table())
        with file.content() as content, file.parquet() as parquet:
            rows = list(csv.DictReader(io.StringIO(content.read().decode(), newline="")))
            (path := tmp_path / "x.parquet").write_bytes(parquet.read())
    expected = [*TEXTS, ""] * 2
    assert [row["text"] for row in rows] == expected
    numbers = table().columns["number"].values.tolist()[:-1]
    assert [row["number"] for row in rows[:4]] == ["0.30000000000000004", "1e+22", "-1e-300", "5.0"]
    assert [float(row["number"]) for row in rows[: len(numbers)]] == numbers
    assert rows[-1]["number"] == ""
    assert [row[AT] for row in rows[:2]] == ["1969-12-31T23:59:59.999999Z", "2023-11-14T22:13:20.123456Z"]
    found = duckdb.execute(f"SELECT text, number, epoch_us({quoted(AT)}) FROM '{path}'").fetchall()
    texts, parquet_numbers, times = zip(*found, strict=True)
    assert list(texts) == [*TEXTS, None] * 2
    assert list(parquet_numbers) == [*numbers, None] * 2
    assert list(times) == table().columns[AT].values.tolist() * 2


def test_names_differ_even_without_case() -> None:
    assert unique_names(["id", "label", "Label", "label", "LABEL_2"]) == [
        *("id", "label", "Label_2", "label_3", "LABEL_2_2")
    ]
