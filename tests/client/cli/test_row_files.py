"""Rows are read from CSV, NDJSON and JSON, compressed or not; other files are refused with a reason."""

import gzip
import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from backprop_client.cli.command import UsageError
from backprop_client.cli.row_files import read_rows

ROWS = [{"a": "1", "b": "x;y"}, {"a": "", "b": "z"}]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("comma.csv", b"a,b\n1,x;y\n,z\n"),
        ("marked.csv", b"\xef\xbb\xbfa,b\r\n1,x;y\r\n,z\r\n"),
        ("semicolon.csv", b'a;b\n1;"x;y"\n;z\n'),
        ("tab.tsv", b"a\tb\n1\tx;y\n\tz\n"),
        ("packed.csv.gz", gzip.compress(b"a,b\n1,x;y\n,z\n")),
        ("lines.ndjson", b'{"a": "1", "b": "x;y"}\n\n{"a": "", "b": "z"}\n'),
        ("list.json", b'[{"a": "1", "b": "x;y"}, {"a": "", "b": "z"}]'),
        ("body.json", b'{"rows": [{"a": "1", "b": "x;y"}, {"a": "", "b": "z"}]}'),
    ],
)
def test_each_format_gives_the_same_rows(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    assert read_rows(str(tmp_path / name)) == ROWS


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"a,b\n1,x;y\n,z\n")))
    assert read_rows("-") == ROWS


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.csv", b"a,b\n", "has no rows"),
        ("wide.csv", b"a,b\n1,2\n1,2,3\n", "Line 3 does not have 2 values"),
        ("table.parquet", b"PAR1....PAR1", "Parquet"),
        ("latin.csv", b"a,b\n\xe9,1\n", "not UTF-8"),
        ("broken.ndjson", b'{"a": 1}\n{"a": \n', "Line 2 is no JSON"),
        ("number.json", b"3", "list of objects"),
    ],
)
def test_other_files_are_refused_with_the_reason(name: str, data: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(UsageError, match=reason):
        read_rows(str(tmp_path / name))
