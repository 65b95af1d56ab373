"""Read a Parquet file with DuckDB."""

import tempfile
from pathlib import Path

import duckdb

from tabular.column_format import FileReading
from tabular.errors import InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers.database import open_database
from tabular.readers.options import ReadOptions
from tabular.readers.table_checks import check_size
from tabular.readers.typed.checks import check_options
from tabular.readers.typed.reader import read_typed
from tabular.readers.typed.source import SourceColumn, SourceTable
from tabular.sql import literal

MAGIC = b"PAR1"
END_BYTES = 8  # length of the footer and magic
MAX_FOOTER_BYTES = 64 << 20
NOT_THE_FILE = (duckdb.OutOfMemoryException, duckdb.ParserException)
FIX = "Write the file again, for example with pandas: table.to_parquet('table.parquet')."


def read_parquet(source: Path, parquet: Path, options: ReadOptions, limits: Limits) -> Profile:
    """Write the table in `source` to `parquet` in canonical form and return its profile.

    Raises:
        InvalidDataset: the file is not Parquet or damaged, or types or values are not supported.
        OverLimit: the file has more rows, columns or cells than allowed.
    """
    check_options(options, "Parquet")
    _check_ends(source)
    with tempfile.TemporaryDirectory(dir=parquet.parent, prefix="ingest-") as name:
        folder = Path(name)
        try:
            rows, width = _size(source, folder, limits)
            check_size(rows, width, limits)
            with open_database(folder, source, limits, width) as connection:
                table = SourceTable(
                    connection=connection,
                    folder=folder,
                    columns=_columns(connection, source),
                    options=options,
                    limits=limits,
                )
                reading = FileReading(missing=options.missing)
                return read_typed(table, parquet, reading, rows)
        except NOT_THE_FILE:
            raise
        except duckdb.Error as error:  # of many classes, since a damaged file can fail anywhere
            raise _damaged(error) from error


def _check_ends(source: Path) -> None:
    """Raise InvalidDataset if the file does not start and end as Parquet."""
    size = source.stat().st_size
    with source.open("rb") as file:
        start = file.read(len(MAGIC))
        file.seek(max(size - END_BYTES, 0))
        end = file.read(END_BYTES)
    if start != MAGIC or end[4:] != MAGIC or size < len(MAGIC) + END_BYTES:
        what = "is incomplete" if start == MAGIC else "is not Parquet"
        raise InvalidDataset([Problem(detail=f"The file {what}.", fix="Send the whole Parquet file.")])
    footer = int.from_bytes(end[:4], "little")
    if footer > size - len(MAGIC) - END_BYTES:
        raise InvalidDataset([Problem(detail="The footer of the Parquet file has an impossible length.", fix=FIX)])
    if footer > MAX_FOOTER_BYTES:
        raise OverLimit("bytes in its footer", MAX_FOOTER_BYTES, footer)


def _size(source: Path, folder: Path, limits: Limits) -> tuple[int, int]:
    """Return the numbers of rows and of columns, from the footer alone."""
    with open_database(folder, source, limits, 0) as connection:
        file = [str(source)]
        (rows,) = connection.execute("SELECT num_rows FROM parquet_file_metadata(?)", file).fetchone() or (0,)
        query = "SELECT count(*) FROM parquet_schema(?) WHERE num_children IS NULL OR num_children = 0"
        (width,) = connection.execute(query, file).fetchone() or (0,)
    return rows, width


def _columns(connection: duckdb.DuckDBPyConnection, source: Path) -> tuple[SourceColumn, ...]:
    """Create the view `raw` and return its columns."""
    relation = connection.execute(f"DESCRIBE FROM read_parquet({literal(str(source))})").fetchall()
    places = ", ".join(f"c{place}" for place in range(len(relation)))
    connection.execute(f"CREATE VIEW raw({places}) AS FROM read_parquet({literal(str(source))})")
    return tuple(SourceColumn(place=place, name=row[0], type=row[1]) for place, row in enumerate(relation))


def _damaged(error: duckdb.Error) -> InvalidDataset:
    reason = str(error).splitlines()[0].split(": ")[-1][:200]
    return InvalidDataset([Problem(detail=f"The Parquet file is damaged or not supported: {reason}", fix=FIX)])
