"""The DuckDB connection that reads one file, and how it writes Parquet."""

from pathlib import Path

import duckdb

from tabular.limits import Limits
from tabular.sql import literal

WIDE = 1_000  # columns
MANY = 100  # columns
COLUMN_BYTES = 256 << 10  # DuckDB buffers at least this much of each string column that it writes


def open_database(folder: Path, source: Path, limits: Limits, columns: int) -> duckdb.DuckDBPyConnection:
    """Return an in-memory database that can read `source` and use `folder`, and nothing else.

    Each thread buffers part of every column, so a table with very many `columns` gets one thread. Memory for these
    buffers comes on top of `limits.memory_bytes`.
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
    connection.execute("SET enable_progress_bar = false")  # it would write to the log of the service
    if columns >= MANY:
        connection.execute("SET disabled_optimizers = 'common_subexpressions'")  # its time grows with columns squared
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def write_parquet(connection: duckdb.DuckDBPyConnection, query: str, parquet: Path) -> None:
    """Write the rows of a query to Parquet, compressed with Zstandard."""
    connection.execute(
        f"COPY ({query}) TO {literal(str(parquet))} (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"
    )
