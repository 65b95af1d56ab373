"""Any file is read or rejected with at least one problem; nothing else happens."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabular.errors import InvalidDataset, Problem
from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions
from tests.support.messy_files import MESSY

CELLS = st.sampled_from([
    *("", "1", "007", "1.5", "1,5", "1.234", "-", "n/a", "NA", "x", "yes", "No", "$5", "45%", "(5)", '"a,b"', '"', "'"),
    *("2024-01-05", "5/5/12", "0000-01-01", "10:11", "Jan 5, 2020", "\u2212 5", "\u3000", "é", "value", "c0", "#"),
    "1e400",
])  # fmt: skip
LINES = st.lists(CELLS, min_size=1, max_size=4)
SEPARATORS = st.sampled_from([",", ";", "\t", "|", "  "])
ENDS = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    """Files that are nearly tables."""
    separator, end = draw(SEPARATORS), draw(ENDS)
    rows = draw(st.lists(LINES, min_size=1, max_size=6))
    body = draw(st.integers(0, 30)) * (end + separator.join(rows[-1]))
    text = end.join(map(separator.join, rows)) + body
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))


def read(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        source = Path(name, "source.csv")
        source.write_bytes(data)
        problems = _problems(source, Path(name, "table.parquet"))
    assert problems is None or (problems and all(problem.detail for problem in problems))


def _problems(source: Path, parquet: Path) -> tuple[Problem, ...] | None:
    try:
        read_csv(source, parquet, ReadOptions(), Limits())
    except InvalidDataset as error:
        return error.problems
    return None


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables() | st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_file_is_read_or_rejected_with_problems(data: bytes) -> None:
    read(data)


@pytest.mark.parametrize("name", sorted(MESSY)[::4])
def test_truncated_files_are_read_or_rejected(name: str) -> None:
    data = MESSY[name].encode()
    for end in (1, len(data) // 3, len(data) - 5):
        read(data[:end])
