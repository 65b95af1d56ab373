"""Read an NPZ file: each position of the array `x` is a column, and so is `y`.

`x` of shape (rows, 28, 28) has the columns x_0_0, x_0_1, ..., x_27_27. `y` of shape (rows,) or (rows, 1) is the column
y; with more columns they are y_0, y_1, ...
"""

import itertools
import math
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from tabular.column_format import FileReading
from tabular.errors import InvalidDataset
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers.database import open_database, write_parquet
from tabular.readers.npz.archive import Array, array_header, check_cells, extract, open_archive
from tabular.readers.npz.header import ArrayHeader, invalid
from tabular.readers.options import ReadOptions
from tabular.readers.table_checks import check_size
from tabular.readers.typed.checks import check_options
from tabular.readers.typed.reader import read_typed
from tabular.readers.typed.source import SourceColumn, SourceTable
from tabular.sql import literal

BLOCK_CELLS = 4_000_000  # converted at once
MIN_RANK = 2


def read_npz(source: Path, parquet: Path, options: ReadOptions, limits: Limits) -> Profile:
    """Write the table in `source` to `parquet` and return its profile.

    Raises:
        InvalidDataset: the arrays are missing, do not match, or are not what their headers promise.
        OverLimit: the arrays have more rows, columns or cells than allowed.
    """
    check_options(options, "NPZ")
    with tempfile.TemporaryDirectory(dir=parquet.parent, prefix="ingest-") as name, open_archive(source) as archive:
        folder = Path(name)
        headers = {each: array_header(archive, each) for each in ("x", "y")}
        _check_shapes(headers)
        names = [*_names("x", headers["x"].shape), *_names("y", headers["y"].shape)]
        rows, width = headers["x"].shape[0], len(names)
        check_size(rows, width, limits)
        check_cells(headers, limits)
        arrays = [extract(archive, each, header, folder) for each, header in headers.items()]
        with open_database(folder, source, limits, width) as connection:
            columns = _columns(connection, names, arrays, folder)
            table = SourceTable(connection=connection, folder=folder, columns=columns, options=options, limits=limits)
            reading = FileReading(missing=options.missing, shape=headers["x"].shape)
            return read_typed(table, parquet, reading, rows)


def _check_shapes(headers: dict[str, ArrayHeader]) -> None:
    x, y = headers["x"], headers["y"]
    if len(x.shape) < MIN_RANK:
        fix = "Use x.reshape(-1, 1) for a single feature."
        raise invalid("x", f"has {len(x.shape)} dimensions; it needs rows and at least one more", fix)
    if len(y.shape) not in {1, 2}:
        raise invalid("y", f"has {len(y.shape)} dimensions", "Send one label or number per row, or one row of numbers.")
    if x.shape[0] != y.shape[0]:
        fix = "The first dimension counts the rows; give both arrays the same number of rows."
        raise invalid("y", f"has {y.shape[0]:,} rows, but 'x' has {x.shape[0]:,}", fix)


def _names(name: str, shape: tuple[int, ...]) -> list[str]:
    """Return the names of columns by position; none if there are far too many to count."""
    inner = shape[1:]
    if name == "y" and math.prod(inner) == 1:
        return [name]
    if (count := math.prod(inner)) > Limits().columns:
        return [name] * min(count, 1_000_000)
    positions = itertools.product(*map(range, inner))
    return ["_".join([name, *map(str, position)]) for position in positions]


def _columns(
    connection: duckdb.DuckDBPyConnection, names: list[str], arrays: list[Array], folder: Path
) -> tuple[SourceColumn, ...]:
    """Create the view `raw`, from Parquet files of one block of rows each, and return its columns."""
    rows, parts = arrays[0].shape[0], list[Path]()
    step = max(1, BLOCK_CELLS // len(names))
    for start in range(0, rows, step):
        connection.register("block", _block(arrays, start, min(start + step, rows)))
        parts.append(folder / f"part-{len(parts)}.parquet")
        write_parquet(connection, "FROM block", parts[-1])
    files = ", ".join(literal(str(part)) for part in parts)
    connection.execute(f"CREATE VIEW raw AS FROM read_parquet([{files}])")
    types = [row[1] for row in connection.execute("DESCRIBE raw").fetchall()]
    return tuple(
        SourceColumn(place=place, name=name, type=kind)
        for place, (name, kind) in enumerate(zip(names, types, strict=True))
    )


def _block(arrays: list[Array], start: int, stop: int) -> dict[str, Array]:
    """Return the rows from `start` to `stop` as columns c0, c1, ..."""
    columns = list[Array]()
    for array in arrays:
        rows = np.asarray(array[start:stop]).reshape(stop - start, -1)
        columns += [_values(np.ascontiguousarray(column)) for column in rows.T]
    return {f"c{place}": column for place, column in enumerate(columns)}


def _values(column: Array) -> Array:
    """Return values that DuckDB reads: numbers in native byte order, and texts as objects."""
    match column.dtype.kind:
        case "U":
            return _objects(column.tolist())
        case "S":
            return _objects([_decoded(value) for value in column.tolist()])
        case "f" if column.dtype.itemsize == 2:
            return column.astype(np.float32)
        case _:
            return column.astype(column.dtype.newbyteorder("="))


def _objects(values: list[Any]) -> Array:
    return np.array([*values, None], dtype=object)[:-1]


def _decoded(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise _not_utf8() from None


def _not_utf8() -> InvalidDataset:
    return invalid("y", "has bytes that are not valid UTF-8", "Save the strings with y.astype('str').")
