"""Stage a CSV file as Parquet with DuckDB: cells are stripped, missing values are null.

Queries call the columns c0, c1, ...: the names of the file occur only as names of the result, where no name collides.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from tabular.limits import Limits
from tabular.readers.csv.dialect import Dialect
from tabular.readers.csv.header import INTEGER, NUMBER
from tabular.readers.database import write_parquet
from tabular.readers.options import ReadOptions
from tabular.sql import literal, quoted

Storage = Literal["integer", "double", "string"]
BLANK = " \t\r\n\u00a0"  # stripped from both ends of every cell


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvFile:
    """A readable CSV file: its path, its dialect, and what limits reading it."""

    path: Path
    dialect: Dialect
    options: ReadOptions
    limits: Limits


def storage_of_sample(dialect: Dialect, options: ReadOptions) -> list[Storage]:
    """Return how each column can be stored, judged by the first rows."""
    missing = frozenset(options.missing) | {""}
    return [
        _storage({row[place] for row in dialect.rows if place < len(row)} - missing, options.types.get(name, "number"))
        for place, name in enumerate(dialect.names)
    ]


def _storage(cells: set[str], wanted: str) -> Storage:
    if not cells or wanted != "number" or not all(map(NUMBER.fullmatch, cells)):
        return "string"
    return "integer" if all(map(INTEGER.fullmatch, cells)) else "double"


def stage(connection: duckdb.DuckDBPyConnection, file: CsvFile, storage: Sequence[Storage], parquet: Path) -> None:
    """Write the file's rows, in order, to Parquet.

    Raises:
        duckdb.Error: a row has too many or too few cells, a quote is not closed, or a cell does not fit its storage.
    """
    missing = sorted({*file.options.missing, ""})
    pattern = "|".join(map(re.escape, missing))  # one match needs less memory than many comparisons
    stripped = ", ".join(
        f"trim(c{place}, {literal(BLANK)}) AS c{place}" if kind == "string" else f"c{place}"
        for place, kind in enumerate(storage)
    )
    cells = [_cell(f"c{place}", kind, pattern) for place, kind in enumerate(storage)]
    rows = read_csv_call(file, ["DOUBLE" if kind == "double" else "VARCHAR" for kind in storage], missing)
    source = f"(SELECT {stripped} FROM {rows})"  # noqa: S608 - no names of the file
    write_parquet(connection, named(cells, source, file.dialect.names), parquet)


def named(cells: Sequence[str], source: str, names: Sequence[str]) -> str:
    """Return the query that selects `cells` (SQL) from `source` (SQL) and gives the results names."""
    return f"FROM (SELECT {', '.join(cells)} FROM {source}) AS result({', '.join(map(quoted, names))})"  # noqa: S608 - quoted


def show_as(connection: duckdb.DuckDBPyConnection, view: str, parquet: Path, columns: int) -> None:
    """Create a view of a Parquet file whose columns are called c0, c1, ..."""
    places = ", ".join(f"c{place}" for place in range(columns))
    connection.execute(f"CREATE VIEW {view}({places}) AS FROM read_parquet({literal(str(parquet))})")


def read_csv_call(file: CsvFile, types: Sequence[str], missing: Sequence[str] = (), extra: str = "") -> str:
    """Return the SQL table function that reads the file into columns c0, c1, ... of the given types."""
    dialect = file.dialect
    columns = ", ".join(f"c{place}: '{kind}'" for place, kind in enumerate(types))
    spellings = f", nullstr = [{', '.join(map(literal, missing))}]" if missing else ""
    comma = ", decimal_separator = ','" if dialect.decimal_comma else ""
    return (
        f"read_csv({literal(str(file.path))}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(dialect.delimiter)}, quote = '\"', escape = '\"', header = {str(dialect.header).lower()}, "
        f"skip = {dialect.skip}, max_line_size = {file.limits.line_bytes}{spellings}{comma}{extra})"
    )


def _cell(column: str, kind: Storage, missing: str) -> str:
    """Return the SQL for one cell. It fails if the cell does not fit the storage that the sample suggested."""
    match kind:
        case "double":
            return f"CASE WHEN isinf({column}) THEN error('infinite') WHEN NOT isnan({column}) THEN {column} END"
        case "integer":  # the comparison finds 1.5, which a cast alone would round
            whole = f"{column}::BIGINT"
            return f"CASE WHEN {whole}::DOUBLE <> {column}::DOUBLE THEN error('not whole') ELSE {whole} END"
        case "string":
            return f"CASE WHEN NOT regexp_full_match({column}, {literal(missing)}) THEN {column} END"
