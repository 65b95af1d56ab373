"""Bytes become UTF-8 text with plain line ends, or problems with their lines."""

from pathlib import Path

import pytest

from tabular.errors import InvalidDataset
from tabular.readers.csv.decoding import make_readable

TEXT = "a,b\né,1\nè,2\n"


def readable(folder: Path, data: bytes, encoding: str | None = None) -> tuple[str, str, bool]:
    source = folder / "source.csv"
    source.write_bytes(data)
    found = make_readable(source, folder, encoding)
    return found.path.read_text("utf-8-sig"), found.encoding, bool(found.warnings)


@pytest.mark.parametrize(
    ("encoding", "declared", "found", "warned"),
    [
        ("utf-8", None, "utf-8", False),
        ("utf-8-sig", None, "utf-8", False),
        ("utf-16", None, "utf-16", True),
        ("cp1252", None, "cp1252", True),
        ("cp1252", "latin-1", "iso8859-1", False),
        ("utf-16-le", "utf-16-le", "utf-16-le", False),
    ],
)
def test_encoding_is_declared_or_detected(
    tmp_path: Path,
    encoding: str,
    declared: str | None,
    found: str,
    warned: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert readable(tmp_path, TEXT.encode(encoding), declared) == (TEXT, found, warned)


def test_mixed_line_ends_become_plain(tmp_path: Path) -> None:
    assert readable(tmp_path, b"a,b\r\n1,2\n3,4\r5,6")[0] == "a,b\n1,2\n3,4\n5,6"


@pytest.mark.parametrize(
    ("data", "encoding", "line"),
    [
        (b"a\n\xff\n", "utf-8", 2),
        (b"a\nb\0\n", None, 2),
        ("a\nb\0".encode("utf-16"), None, 2),
        (b"a\n\x81\n", "windows-1252", 1),
        (TEXT.encode() + b"\xff\n", None, 4),
    ],
)
def test_invalid_bytes_are_problems_with_a_line(tmp_path: Path, data: bytes, encoding: str | None, line: int) -> None:
    with pytest.raises(InvalidDataset) as caught:
        readable(tmp_path, data, encoding)
    assert caught.value.problems[0].line == line
