"""A table as a typed file gives it: the columns of the view `raw`, and what limits reading them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from tabular.limits import Limits
from tabular.readers.options import ReadOptions

Storage = Literal["number", "time", "label"]

WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"})
LONG = frozenset({"BIGINT", "UBIGINT", "HUGEINT", "UHUGEINT"})  # may have more digits than a float64 keeps
FRACTIONS = frozenset({"FLOAT", "DOUBLE"})
TIMES = frozenset({"DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE"})
LABELS = frozenset({"VARCHAR", "BOOLEAN", "UUID", "TIME", '"NULL"', "NULL"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumn:
    """A column as the file gives it. `type` is a DuckDB type; the column is called c{place} in the view `raw`."""

    place: int
    name: str
    type: str

    @property
    def cell(self) -> str:
        """The name of the column in queries."""
        return f"c{self.place}"

    @property
    def storage(self) -> Storage | None:
        """How the values are stored; None if the type is not supported."""
        if self.type in WHOLE | LONG | FRACTIONS or self.type.startswith("DECIMAL("):
            return "number"
        if self.type in TIMES:
            return "time"
        return "label" if self.type in LABELS or self.type.startswith("ENUM(") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceTable:
    """The columns of a file, in its order.

    folder: for temporary files.
    line: the 1-based line of a row that counts from 0; None if the file has no lines.
    """

    connection: duckdb.DuckDBPyConnection
    folder: Path
    columns: tuple[SourceColumn, ...]
    options: ReadOptions
    limits: Limits
    line: Callable[[int], int] | None = None
