"""A table's columns as typed arrays with masks, and how they are read from canonical Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.sql import literal, quoted

Array = npt.NDArray[Any]
Kind = Literal["number", "datetime", "label"]

DTYPES: dict[Kind, type[np.generic]] = {"number": np.float64, "datetime": np.int64, "label": np.int32}
ROW_NUMBER = "file_row_number"  # DuckDB's option, and the name of the column that it adds


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """One column of `n` rows.

    values: (n,) numbers as float64 or int64; times as int64 microseconds since 1970 UTC; strings as int32 codes, the
        index in `labels`. Where `missing` is true, the value has no meaning.
    labels: the different strings, sorted.
    """

    kind: Kind
    values: Array
    missing: npt.NDArray[np.bool_]
    labels: tuple[str, ...] = ()

    def take(self, rows: npt.NDArray[np.int64] | None) -> "TableColumn":
        """Return the given rows, all of them for None."""
        if rows is None:
            return self
        return TableColumn(kind=self.kind, values=self.values[rows], missing=self.missing[rows], labels=self.labels)

    def as_kind(self, kind: Kind) -> "TableColumn":
        """Return the column as one of this kind; a column without values fits every kind.

        Raises:
            ValueError: the column has values of another kind.
        """
        if self.kind == kind:
            return self
        if not self.missing.all():
            raise ValueError(f"it is a {self.kind} column with values, not a {kind} column")
        return TableColumn(kind=kind, values=np.zeros(len(self.missing), dtype=DTYPES[kind]), missing=self.missing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Named columns of equal length, rows in file order."""

    rows: int
    columns: dict[str, TableColumn]


def read_table(parquet: Path, columns: Sequence[str] | None = None, rows: range | None = None) -> Table:
    """Return the named columns of a canonical Parquet file, all of them for None, and some or all of its rows.

    Raises:
        KeyError: the file has no such column.
    """
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET enable_progress_bar = false")  # it would write to the log of the service
        data = connection.from_parquet(str(parquet))
        kinds = dict(zip(data.columns, map(str, data.types), strict=True))
        names = list(kinds) if columns is None else list(columns)
        (data if rows is None else _some_rows(connection, parquet, data.columns, rows)).create_view("source")
        labels = {name: _labels(connection, name) for name in names if kinds[name] == "VARCHAR"}
        arrays = _arrays(connection, {name: kinds[name] for name in names}, labels)
    return Table(
        rows=len(next(iter(arrays.values()))) if arrays else 0,
        columns={
            name: _column(kinds[name], array, labels.get(name, ()))
            for name, array in zip(names, arrays.values(), strict=True)
        },
    )


def _some_rows(
    connection: duckdb.DuckDBPyConnection, parquet: Path, columns: Sequence[str], rows: range
) -> duckdb.DuckDBPyRelation:
    """Return the rows with these numbers. DuckDB reads only the parts of the file that they are in."""
    path, number = literal(str(parquet)), ROW_NUMBER
    source = f"read_parquet({path}, {number} => true)"
    taken = {name.casefold() for name in columns}
    if number in taken:  # all rows are counted then, which takes longer
        while number in taken:
            number += "_"
        source = f"(SELECT *, row_number() OVER () - 1 AS {number} FROM {path})"  # noqa: S608 - quoted
    conditions = f"{number} >= {rows.start} AND {number} < {rows.stop} AND ({number} - {rows.start}) % {rows.step} = 0"
    return connection.sql(f"SELECT * FROM {source} WHERE {conditions}")  # noqa: S608 - quoted


def _labels(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[str, ...]:
    column = quoted(name)
    query = f"SELECT DISTINCT {column} FROM source WHERE {column} IS NOT NULL ORDER BY 1"  # noqa: S608 - quoted
    return tuple(value for (value,) in connection.execute(query).fetchall())


def _arrays(
    connection: duckdb.DuckDBPyConnection, kinds: dict[str, str], labels: dict[str, tuple[str, ...]]
) -> dict[str, Array]:
    """Read all columns in one pass; strings as their index in `labels`."""
    expressions = []
    for place, (name, kind) in enumerate(kinds.items()):
        expression = quoted(name)
        if kind == "VARCHAR":
            values = ", ".join(map(literal, labels[name])) or "''"
            connection.execute(f"CREATE TYPE labels_{place} AS ENUM ({values})")
            expression = f"enum_code({expression}::labels_{place})::INTEGER"
        elif kind == "TIMESTAMP":
            expression = f"epoch_us({expression})"
        expressions.append(f"{expression} AS c{place}")
    if not expressions:
        return {}
    arrays: dict[str, Array] = connection.execute(
        f"SELECT {', '.join(expressions)} FROM source"  # noqa: S608 - every name is quoted
    ).fetchnumpy()
    return arrays


def _column(kind: str, array: Array, labels: tuple[str, ...]) -> TableColumn:
    missing = np.array(np.ma.getmaskarray(array))
    values = np.ma.getdata(array)
    if kind == "VARCHAR":
        return TableColumn(kind="label", values=values, missing=missing, labels=labels)
    return TableColumn(kind="datetime" if kind == "TIMESTAMP" else "number", values=values, missing=missing)
