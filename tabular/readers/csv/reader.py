"""Read a CSV file, check it, describe it and write it as canonical Parquet.

Numbers become BIGINT or DOUBLE, times TIMESTAMP, everything else VARCHAR with labels as they stand in the file.
Run as a program it does one file: the request as JSON on standard input, the answer as JSON on standard output.
"""

import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import duckdb

from tabular.errors import InvalidDataset, OverLimit, Problem
from tabular.limits import Limits
from tabular.profile import ColumnType, Profile
from tabular.readers.csv.decoding import make_readable
from tabular.readers.csv.dialect import Dialect, find_dialect
from tabular.readers.csv.error_locations import bad_cells, ragged_rows, shortened
from tabular.readers.csv.options import CsvOptions
from tabular.readers.csv.staging import Storage, open_database, stage, storage_of_sample, write
from tabular.readers.profiling import profile
from tabular.readers.type_inference import Kind, infer
from tabular.sql import literal, quoted

MAX_BAD_TEXTS = 1_000  # different wrong cells of one column that are looked for


def ingest(source: Path, parquet: Path, options: CsvOptions, limits: Limits) -> Profile:
    """Write the table in `source` to `parquet` and return what is known about it.

    Temporary files lie beside `parquet` and are gone afterwards.

    Raises:
        InvalidDataset: the file is no table, or cells do not fit their column; up to 100 problems.
        OverLimit: it has more rows, columns or cells than allowed.
    """
    with tempfile.TemporaryDirectory(dir=parquet.parent, prefix="ingest-") as name:
        folder = Path(name)
        readable, warnings = make_readable(source, folder)
        dialect = find_dialect(readable, options)
        _check_layout(dialect, options, limits)
        with open_database(folder, readable, limits, len(dialect.names)) as connection:
            staged, storage = _stage(connection, readable, folder, dialect, options, limits)
            _check_size(connection, staged, dialect, limits)
            kinds = _infer(connection, dialect, storage, options)
            _check_cells(connection, readable, dialect, limits, kinds)
            table = _typed(connection, staged, folder, kinds)
            types = _types(dialect, kinds)
            noted = [kind.warning for kind in kinds if kind.warning]
            described = profile(connection, types, [*warnings, *dialect.warnings, *noted], threads=limits.threads)
        table.replace(parquet)
    return described


def _check_layout(dialect: Dialect, options: CsvOptions, limits: Limits) -> None:
    if len(dialect.names) > limits.columns:
        raise OverLimit("columns", limits.columns, len(dialect.names))
    if not dialect.rows:
        detail = "The file has a header and no rows." if dialect.header else "The file has no rows."
        raise InvalidDataset([Problem(detail=detail, line=dialect.first_line, fix="Send at least two rows.")])
    unknown = [name for name in options.types if name not in dialect.names]
    details = [f"?types= names {name!r}, and there is no such column." for name in unknown]
    if details:
        raise InvalidDataset([Problem(detail=detail) for detail in details])


def _stage(  # noqa: PLR0913, PLR0917 - everything that reading depends on
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    folder: Path,
    dialect: Dialect,
    options: CsvOptions,
    limits: Limits,
) -> tuple[Path, list[Storage]]:
    """Write rows as the sample suggests, or all as strings where it misled; the name of the file and how."""
    staged, storage = folder / "staged.parquet", storage_of_sample(dialect, options)
    try:
        stage(connection, source, staged, dialect, storage, options=options, limits=limits)
    except (duckdb.ConversionException, duckdb.InvalidInputException):
        strings: list[Storage] = ["string"] * len(storage)
        try:
            stage(connection, source, staged, dialect, strings, options=options, limits=limits)
        except duckdb.Error as error:
            raise InvalidDataset(_structure(source, dialect, limits, error)) from error
        storage = strings
    connection.execute(f"CREATE VIEW staged AS FROM read_parquet({literal(str(staged))})")
    return staged, storage


def _structure(source: Path, dialect: Dialect, limits: Limits, error: duckdb.Error) -> list[Problem]:
    problems = ragged_rows(source, dialect, limits)
    unclear = Problem(detail=f"The file cannot be read as CSV: {shortened(str(error).splitlines()[0])}")
    return problems or [unclear]


def _check_size(connection: duckdb.DuckDBPyConnection, staged: Path, dialect: Dialect, limits: Limits) -> None:
    query = "SELECT num_rows FROM parquet_file_metadata(?)"
    (rows,) = connection.execute(query, [str(staged)]).fetchone() or (0,)
    if not rows:
        raise InvalidDataset([Problem(detail="The file has no rows.", fix="Send at least two rows.")])
    if rows > limits.rows:
        raise OverLimit("rows", limits.rows, rows)
    if rows * len(dialect.names) > limits.cells:
        raise OverLimit("cells", limits.cells, rows * len(dialect.names))


def _infer(
    connection: duckdb.DuckDBPyConnection, dialect: Dialect, storage: Sequence[Storage], options: CsvOptions
) -> list[Kind]:
    strings = [name for name, kind in zip(dialect.names, storage, strict=True) if kind == "string"]
    return list(infer(connection, strings, options.types, decimal_comma=dialect.decimal_comma))


def _check_cells(
    connection: duckdb.DuckDBPyConnection, source: Path, dialect: Dialect, limits: Limits, kinds: Sequence[Kind]
) -> None:
    """Raise InvalidDataset with the place of every cell that does not fit its column's type."""
    bad = {}
    for kind in kinds:
        if kind.rejected:
            query = f"SELECT DISTINCT {quoted(kind.name)} AS v FROM staged WHERE v IS NOT NULL AND {kind.rejected}"  # noqa: S608 - quoted
            found = connection.execute(f"{query} LIMIT {MAX_BAD_TEXTS}").fetchall()
            if found:
                bad[dialect.names.index(kind.name)] = (kind.type, frozenset(text for (text,) in found))
    if bad:
        raise InvalidDataset(bad_cells(source, dialect, limits, bad))


def _typed(connection: duckdb.DuckDBPyConnection, staged: Path, folder: Path, kinds: Sequence[Kind]) -> Path:
    """Return a Parquet file with the types found, and show it as the view `table_`."""
    table = staged
    changed = [kind for kind in kinds if kind.expression != quoted(kind.name)]
    if changed:
        table = folder / "typed.parquet"
        casts = ", ".join(f"{kind.expression} AS {quoted(kind.name)}" for kind in changed)
        write(connection, f"SELECT * REPLACE ({casts}) FROM staged", table)  # noqa: S608 - quoted
    connection.execute(f"CREATE VIEW table_ AS FROM read_parquet({literal(str(table))})")
    return table


def _types(dialect: Dialect, kinds: Sequence[Kind]) -> list[tuple[str, ColumnType]]:
    inferred = {kind.name: kind.type for kind in kinds}
    return [(name, inferred.get(name, "number")) for name in dialect.names]


def main() -> None:
    """Serve one request: limit this process, read the file, print the answer."""
    request = json.load(sys.stdin)
    limits = Limits(**request["limits"])
    resource.setrlimit(resource.RLIMIT_DATA, (limits.process_bytes, limits.process_bytes))
    options = request["options"] | {"missing": tuple(request["options"]["missing"])}
    json.dump(_answer(request, CsvOptions(**options), limits), sys.stdout, allow_nan=False)


def _answer(request: dict[str, Any], options: CsvOptions, limits: Limits) -> dict[str, Any]:
    try:
        described = ingest(Path(request["source"]), Path(request["parquet"]), options, limits)
    except OverLimit as error:
        return {"over_limit": [error.limit, error.allowed, error.value]}
    except InvalidDataset as error:
        return {"problems": [asdict(problem) for problem in error.problems]}
    except (MemoryError, duckdb.OutOfMemoryException):
        return {"out_of_memory": True}
    return {"profile": described.to_json()}


if __name__ == "__main__":
    main()
