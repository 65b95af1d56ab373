"""Fixtures that read a few lines of CSV."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tabular.errors import InvalidDataset, Problem
from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions
from tabular.table import read_table
from tests.support.messy_files import MESSY
from tests.support.reading import Read, Reader, Refuser
from tests.support.typed_files import read_as
from tests.support.ugly_files import UGLY


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Return a function from text and options to profile and table."""

    def read_text(text: str | bytes, *, limits: Limits | None = None, **options: Any) -> Read:
        source, parquet = tmp_path / "source.csv", tmp_path / "table.parquet"
        source.write_bytes(text if isinstance(text, bytes) else text.encode())
        profile = read_csv(source, parquet, ReadOptions(**options), limits or Limits())
        return Read(profile=profile, table=read_table(parquet))

    return read_text


@pytest.fixture(scope="session")
def read_known(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Read]:
    """Return a function from the name of a messy or ugly file to profile and table. Each file is read once."""

    @cache
    def read_file(name: str) -> Read:
        folder = tmp_path_factory.mktemp("known")
        content = UGLY[name].content if name in UGLY else MESSY[name]
        source = folder / "source.csv"
        source.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_as("csv", source, **(UGLY[name].options if name in UGLY else {}))

    return read_file


@pytest.fixture
def problems(read: Reader) -> Refuser:
    """Return a function from text and options to the problems that the file is rejected with."""

    def refused(text: str | bytes, **options: Any) -> list[Problem]:
        with pytest.raises(InvalidDataset) as caught:
            read(text, **options)
        return list(caught.value.problems)

    return refused
