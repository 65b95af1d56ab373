"""A file to which tables with the same columns are appended, block by block, as CSV; it can be converted to Parquet.

The file is in no folder, so that nothing is left if the process crashes. Memory is needed for one block only.
"""

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, cast

import duckdb
import numpy as np
import numpy.typing as npt

from tabular.sql import literal, quoted
from tabular.table import Table, TableColumn

FileFormat = Literal["csv", "parquet"]

TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
MEMORY_LIMIT = "256MB"  # of DuckDB; blocks are converted as streams


class TableFile(AbstractContextManager["TableFile"]):
    """The file. `first` is a table with the columns of all that will be appended; its rows are not written."""

    def __init__(self, first: Table) -> None:
        self._types = {name: _type(column) for name, column in first.columns.items()}
        self._file = _anonymous_file()
        self._connection = duckdb.connect(config={"threads": 1, "memory_limit": MEMORY_LIMIT})
        self._connection.execute("SET enable_progress_bar = false")  # it would write to the standard output
        self._header = _header(first.columns)
        self.clear()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop the file."""
        self._connection.close()
        self._file.close()

    def append(self, table: Table) -> None:
        """Write the rows of a table at the end."""
        block, expressions = dict[str, Any](), list[str]()
        for place, column in enumerate(table.columns.values()):
            block[f"c{place}"] = _values(column)
            expressions.append(_expression(f"c{place}", column))
            if column.kind != "label" and column.missing.any():
                block[f"m{place}"] = column.missing
                expressions[-1] = f"CASE WHEN m{place} THEN NULL ELSE {expressions[-1]} END"
        with _anonymous_file() as part:
            source = f"SELECT {', '.join(expressions)} FROM block"  # noqa: S608 - names made here
            options = f"FORMAT csv, HEADER false, USE_TMP_FILE false, TIMESTAMPFORMAT '{TIME_FORMAT}'"
            self._connection.execute(f"COPY ({source}) TO {_path(part)} ({options})")
            part.seek(0)
            shutil.copyfileobj(part, self._file, 1 << 20)

    def clear(self) -> None:
        """Drop all rows."""
        self.restore([self._header])

    def restore(self, chunks: Iterable[bytes]) -> None:
        """Replace what was written by the content of such a file."""
        self._file.seek(0)
        self._file.truncate()
        for chunk in chunks:
            self._file.write(chunk)

    def content(self) -> BinaryIO:
        """Return the CSV file, to be read from its start. Rows can be appended after that."""
        self._file.flush()
        return Path(f"/dev/fd/{self._file.fileno()}").open("rb")

    def parquet(self) -> BinaryIO:
        """Return the rows as a Parquet file, to be read from its start."""
        self._file.flush()
        columns = ", ".join(f"'c{place}': {literal(kind)}" for place, kind in enumerate(self._types.values()))
        names = ", ".join(f"c{place} AS {quoted(name)}" for place, name in enumerate(self._types))
        reading = (
            "header = true, auto_detect = false, delim = ',', quote = '\"', escape = '\"', allow_quoted_nulls = false, "
            f"null_padding = false, max_line_size = 33554432, timestampformat = '{TIME_FORMAT}'"
        )
        source = f"SELECT {names} FROM read_csv({_path(self._file)}, columns = {{{columns}}}, {reading})"  # noqa: S608 - quoted
        file = _anonymous_file()
        options = "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false"
        self._connection.execute(f"COPY ({source}) TO {_path(file)} ({options})")
        file.seek(0)
        return file

    def file(self, file_format: FileFormat) -> BinaryIO:
        """Return the rows in this format, to be read from the start."""
        return self.content() if file_format == "csv" else self.parquet()


def unique_names(names: Iterable[str]) -> list[str]:
    """Return names that differ even if case is ignored, as Parquet readers require: a repeated one gets a number."""
    taken, unique = set[str](), list[str]()
    for name in names:
        numbered, number = name, 1
        while numbered.casefold() in taken:
            number += 1
            numbered = f"{name}_{number}"
        taken.add(numbered.casefold())
        unique.append(numbered)
    return unique


def _anonymous_file() -> BinaryIO:
    return cast("BinaryIO", tempfile.TemporaryFile(prefix="backprop-"))


def _path(file: BinaryIO) -> str:
    return literal(f"/dev/fd/{file.fileno()}")


def _header(names: Iterable[str]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(names)
    return text.getvalue().encode()


def _type(column: TableColumn) -> str:
    match column.kind:
        case "label":
            return "VARCHAR"
        case "datetime":
            return "TIMESTAMP"
        case _:
            return "BIGINT" if np.issubdtype(column.values.dtype, np.integer) else "DOUBLE"


def _values(column: TableColumn) -> npt.NDArray[Any]:
    if column.kind != "label":
        return np.ascontiguousarray(column.values)
    labels = np.array([*column.labels, None], dtype=object)
    texts: npt.NDArray[Any] = labels[np.where(column.missing, len(column.labels), column.values)]
    return texts


def _expression(name: str, column: TableColumn) -> str:
    if column.kind == "label":
        return f"{name}::VARCHAR"
    return f"make_timestamp({name}::BIGINT)" if column.kind == "datetime" else name
