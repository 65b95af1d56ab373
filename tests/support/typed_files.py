"""Write files of typed formats, and read them as uploads are read."""

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from tabular.errors import InvalidDataset, Problem
from tabular.limits import Limits
from tabular.readers.formats import format_named
from tabular.readers.options import ReadOptions
from tabular.table import read_table
from tests.support.reading import Read


def write_parquet(path: Path, query: str) -> Path:
    """Write the result of a query."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet)")
    return path


def write_npz(path: Path, **arrays: Any) -> Path:
    """Write arrays."""
    np.savez(path, **arrays)
    return path


def read_as(file_format: str, source: Path, *, limits: Limits | None = None, **options: Any) -> Read:
    """Read a file by the name of its format."""
    parquet = source.with_name("canonical.parquet")
    profile = format_named(file_format).read(source, parquet, ReadOptions(**options), limits or Limits())
    return Read(profile=profile, table=read_table(parquet))


def problems_as(file_format: str, source: Path, *, limits: Limits | None = None, **options: Any) -> list[Problem]:
    """Return the problems that a file is rejected with."""
    with pytest.raises(InvalidDataset) as caught:
        read_as(file_format, source, limits=limits, **options)
    return list(caught.value.problems)
