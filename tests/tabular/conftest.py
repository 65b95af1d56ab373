"""Fixtures that read a few lines of CSV."""

from pathlib import Path
from typing import Any

import pytest

from tabular.errors import InvalidDataset, Problem
from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions
from tabular.table import read_table
from tests.support.reading import Read, Reader, Refuser


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Return a function from text and options to profile and table."""

    def read_text(text: str | bytes, *, limits: Limits | None = None, **options: Any) -> Read:
        source, parquet = tmp_path / "source.csv", tmp_path / "table.parquet"
        source.write_bytes(text if isinstance(text, bytes) else text.encode())
        profile = read_csv(source, parquet, ReadOptions(**options), limits or Limits())
        return Read(profile=profile, table=read_table(parquet))

    return read_text


@pytest.fixture
def problems(read: Reader) -> Refuser:
    """Return a function from text and options to the problems that the file is rejected with."""

    def refused(text: str | bytes, **options: Any) -> list[Problem]:
        with pytest.raises(InvalidDataset) as caught:
            read(text, **options)
        return list(caught.value.problems)

    return refused
