"""Fixtures that turn a few lines of CSV into a profile and a table."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tabular.dataset import Column, Profile
from tabular.ingest import ingest
from tabular.options import CsvOptions, Limits
from tabular.problems import InvalidDataset, Problem
from tabular.table import Table, read_table


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What reading a file gave."""

    profile: Profile
    table: Table

    def column(self, name: str) -> Column:
        found = self.profile.column(name)
        assert found is not None
        return found

    def cells(self, name: str) -> list[Any]:
        """Values of a column, None where missing, labels as text."""
        column = self.table.columns[name]
        values = [column.labels[code] for code in column.values] if column.labels else column.values.tolist()
        return [None if absent else value for value, absent in zip(values, column.missing, strict=True)]

    def codes(self) -> list[str]:
        return [warning.code for warning in self.profile.warnings]


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Read]:
    def read_text(text: str | bytes, *, limits: Limits | None = None, **options: Any) -> Read:
        source, parquet = tmp_path / "source.csv", tmp_path / "table.parquet"
        source.write_bytes(text if isinstance(text, bytes) else text.encode())
        profile = ingest(source, parquet, CsvOptions(**options), limits or Limits())
        return Read(profile=profile, table=read_table(parquet))

    return read_text


@pytest.fixture
def problems(read: Callable[..., Read]) -> Callable[..., list[Problem]]:
    def refused(text: str | bytes, **options: Any) -> list[Problem]:
        with pytest.raises(InvalidDataset) as caught:
            read(text, **options)
        return list(caught.value.problems)

    return refused
