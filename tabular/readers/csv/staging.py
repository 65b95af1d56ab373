"""CSV to Parquet with DuckDB: every cell stripped, missing ones null, columns typed as the sample suggests."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb

from tabular.limits import Limits
from tabular.readers.csv.dialect import INTEGER, NUMBER, Dialect
from tabular.readers.csv.options import CsvOptions
from tabular.sql import literal, quoted

Storage = Literal["integer", "double", "string"]
WIDE = 1_000  # columns
COLUMN_BYTES = 256 << 10  # the block that a string column being written holds at least
BLANK = " \t\r\n\u00a0"  # stripped from both ends of every cell


def open_database(folder: Path, source: Path, limits: Limits, columns: int) -> duckdb.DuckDBPyConnection:
    """Return a database in memory that can touch `source` and `folder`, and nothing else.

    Every thread holds some vectors of every column: tables of very many `columns` are read by one.
    `limits.memory_bytes` comes on top of what the columns need at least.
    """
    connection = duckdb.connect(
        config={
            "threads": limits.threads if columns < WIDE else 1,
            "memory_limit": f"{(limits.memory_bytes + columns * COLUMN_BYTES) >> 20}MiB",
            "temp_directory": str(folder / "spill"),
            "autoinstall_known_extensions": False,
        }
    )
    connection.execute(f"SET allowed_paths = [{literal(str(source))}]")
    connection.execute(f"SET allowed_directories = [{literal(str(folder))}]")
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET disabled_optimizers = 'common_subexpressions'")  # its time grows with columns squared
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def storage_of_sample(dialect: Dialect, options: CsvOptions) -> list[Storage]:
    """Return how each column is best read, as far as the first rows tell."""
    missing = frozenset(options.missing) | {""}
    return [
        _storage({row[place] for row in dialect.rows if place < len(row)} - missing, options.types.get(name, "number"))
        for place, name in enumerate(dialect.names)
    ]


def _storage(cells: set[str], wanted: str) -> Storage:
    if not cells or wanted != "number" or not all(map(NUMBER.fullmatch, cells)):
        return "string"
    return "integer" if all(map(INTEGER.fullmatch, cells)) else "double"


def stage(  # noqa: PLR0913 - what, from where, to where, and how
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    parquet: Path,
    dialect: Dialect,
    storage: Sequence[Storage],
    *,
    options: CsvOptions,
    limits: Limits,
) -> None:
    """Write the file's rows, in order, to Parquet.

    Raises:
        duckdb.Error: a row is ragged, a quote does not end, or a cell does not fit its storage.
    """
    missing = sorted({*options.missing, ""})
    pattern = "|".join(map(re.escape, missing))  # one match needs less memory than many comparisons
    stripped = ", ".join(
        f"trim(c{place}, {literal(BLANK)}) AS c{place}" if kind == "string" else f"c{place}"
        for place, kind in enumerate(storage)
    )
    cells = ", ".join(
        f"{_cell(f'c{place}', kind, pattern)} AS {quoted(name)}"
        for place, (name, kind) in enumerate(zip(dialect.names, storage, strict=True))
    )
    columns = ", ".join(
        f"c{place}: '{'DOUBLE' if kind == 'double' else 'VARCHAR'}'" for place, kind in enumerate(storage)
    )
    comma = ", decimal_separator = ','" if dialect.decimal_comma else ""
    rows = (
        f"read_csv({literal(str(source))}, auto_detect = false, columns = {{{columns}}}, "
        f"delim = {literal(dialect.delimiter)}, quote = '\"', escape = '\"', header = {str(dialect.header).lower()}, "
        f"skip = {dialect.skip}, nullstr = {_list(missing)}, max_line_size = {limits.line_bytes}{comma})"
    )
    write(connection, f"SELECT {cells} FROM (SELECT {stripped} FROM {rows})", parquet)  # noqa: S608 - every part is quoted


def write(connection: duckdb.DuckDBPyConnection, query: str, parquet: Path) -> None:
    """Write a query's rows to Parquet with Zstandard."""
    connection.execute(
        f"COPY ({query}) TO {literal(str(parquet))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )


def _list(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(literal, texts))}]"


def _cell(column: str, kind: Storage, missing: str) -> str:
    """Return the SQL for one cell; it fails where the sample promised too much."""
    match kind:
        case "double":
            return f"CASE WHEN isinf({column}) THEN error('infinite') WHEN NOT isnan({column}) THEN {column} END"
        case "integer":  # the second half finds 1.5, which a cast alone would round
            whole = f"{column}::BIGINT"
            return f"CASE WHEN {whole}::DOUBLE <> {column}::DOUBLE THEN error('not whole') ELSE {whole} END"
        case "string":
            return f"CASE WHEN NOT regexp_full_match({column}, {literal(missing)}) THEN {column} END"
