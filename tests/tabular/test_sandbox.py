"""Reading in a child process gives the same answers and survives every file."""

from pathlib import Path

import pytest

from tabular.errors import IngestTimeout, InvalidDataset, OverLimit
from tabular.limits import Limits
from tabular.readers import sandbox
from tabular.readers.csv import reader
from tabular.readers.csv.options import CsvOptions


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.csv"
    path.write_text("a,b\n1,x\n2,y\n3,?\n")
    return path


def test_the_child_reads_what_this_process_reads(source: Path, tmp_path: Path) -> None:
    here = reader.ingest(source, tmp_path / "here.parquet", CsvOptions(), Limits())
    there = sandbox.ingest(source, tmp_path / "there.parquet", CsvOptions(), Limits())
    assert there == here
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()


def test_problems_come_back_from_the_child(source: Path, tmp_path: Path) -> None:
    source.write_text("a,b\n1,x\n2\n")
    with pytest.raises(InvalidDataset) as caught:
        sandbox.ingest(source, tmp_path / "table.parquet", CsvOptions(), Limits())
    assert caught.value.problems[0].line == 3


def test_limits_come_back_from_the_child(source: Path, tmp_path: Path) -> None:
    with pytest.raises(OverLimit, match="rows"):
        sandbox.ingest(source, tmp_path / "table.parquet", CsvOptions(), Limits(rows=1))


def test_a_child_that_takes_too_long_is_ended(source: Path, tmp_path: Path) -> None:
    with pytest.raises(IngestTimeout):
        sandbox.ingest(source, tmp_path / "table.parquet", CsvOptions(), Limits(seconds=0.01))


def test_a_child_without_enough_memory_is_told_from_a_broken_file(source: Path, tmp_path: Path) -> None:
    source.write_text("a,b\n" + "".join(f"{n},{n % 999}\n" for n in range(200_000)))
    with pytest.raises(InvalidDataset, match="memory"):
        sandbox.ingest(source, tmp_path / "table.parquet", CsvOptions(), Limits(memory_bytes=2 << 20))


def test_the_child_sees_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROP_DATABASE_URL", "postgresql://user:secret@host/db")
    assert "BACKPROP_DATABASE_URL" not in sandbox._environment()
