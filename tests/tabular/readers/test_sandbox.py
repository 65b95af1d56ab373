"""The child process gives the same results, and its failures are reported."""

from pathlib import Path

import pytest

from tabular.errors import IngestTimeout, InvalidDataset, OverLimit
from tabular.limits import Limits
from tabular.readers import sandbox
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "source.csv"
    path.write_text("a,b\n1,x\n2,y\n3,?\n")
    return path


def test_child_reads_the_same_as_this_process(source: Path, tmp_path: Path) -> None:
    here = read_csv(source, tmp_path / "here.parquet", ReadOptions(), Limits())
    there = sandbox.read_file("csv", source, tmp_path / "there.parquet", ReadOptions(), Limits())
    assert there == here
    assert (tmp_path / "there.parquet").read_bytes() == (tmp_path / "here.parquet").read_bytes()


def test_child_reports_problems(source: Path, tmp_path: Path) -> None:
    source.write_text("a,b\n1,x\n2\n")
    with pytest.raises(InvalidDataset) as caught:
        sandbox.read_file("csv", source, tmp_path / "table.parquet", ReadOptions(), Limits())
    assert caught.value.problems[0].line == 3


def test_child_reports_limits(source: Path, tmp_path: Path) -> None:
    with pytest.raises(OverLimit, match="rows"):
        sandbox.read_file("csv", source, tmp_path / "table.parquet", ReadOptions(), Limits(rows=1))


def test_slow_child_is_killed(source: Path, tmp_path: Path) -> None:
    with pytest.raises(IngestTimeout):
        sandbox.read_file("csv", source, tmp_path / "table.parquet", ReadOptions(), Limits(seconds=0.01))


def test_lack_of_memory_is_reported_as_such(source: Path, tmp_path: Path) -> None:
    source.write_text("a,b\n" + "".join(f"{n},{n % 999}\n" for n in range(200_000)))
    with pytest.raises(InvalidDataset, match="memory"):
        sandbox.read_file("csv", source, tmp_path / "table.parquet", ReadOptions(), Limits(memory_bytes=2 << 20))


def test_child_environment_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKPROP_DATABASE_URL", "postgresql://user:secret@host/db")
    assert "BACKPROP_DATABASE_URL" not in sandbox._environment()


def test_a_crash_of_the_child_is_reported_and_the_next_file_is_read(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = sandbox.ReaderServer()
    monkeypatch.setattr(sandbox, "_server", server)
    try:
        sandbox.read_file("csv", source, tmp_path / "first.parquet", ReadOptions(), Limits())
        assert server._process
        server._process.kill()
        server._process.wait()
        assert sandbox.read_file("csv", source, tmp_path / "second.parquet", ReadOptions(), Limits()).rows == 3
        with pytest.raises(sandbox.IngestFailed, match="StopIteration"):
            sandbox.read_file("no such format", source, tmp_path / "third.parquet", ReadOptions(), Limits())
    finally:
        server.close()
