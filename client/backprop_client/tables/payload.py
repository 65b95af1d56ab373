"""What an upload sends: the bytes of a file, its media type and its name, from anything that holds a table."""

import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Self

from backprop_client.tables.frames import frame_file, is_frame, is_rows, lines_of

MEDIA_TYPES = {
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "ndjson": "application/x-ndjson",
    "npz": "application/x-npz",
}
FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".npz": "npz",
}
ACCEPTED = (
    "the path of a file, a data frame of pandas or polars, a list of rows (each a mapping), a mapping of columns, "
    "NumPy arrays as {'x': x, 'y': y}, or bytes or an open binary file together with format="
)


@dataclass(slots=True, kw_only=True)
class Payload:
    """A file that is open, and how to name it; a context manager that closes it."""

    file: IO[bytes]
    size: int  # bytes
    media_type: str
    name: str | None = None
    is_gzip: bool = False
    is_own: bool = True  # opened here, so it is closed here

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that describe the bytes."""
        encoding = {"Content-Encoding": "gzip"} if self.is_gzip else {}
        return {"Content-Type": self.media_type, **encoding}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self.is_own:
            self.file.close()

    def read(self, offset: int, size: int) -> bytes:
        """Return some of the bytes; fewer at the end."""
        self.file.seek(offset)
        return self.file.read(size)


def payload_of(table: Any, *, format: str | None = None) -> Payload:
    """Return what to send for a table.

    Raises `TypeError` if the object is none of the accepted ones, `ValueError` if its format is unknown, and `OSError`
    if the file cannot be opened.
    """
    if isinstance(table, str | os.PathLike):
        return _of_path(Path(table), format)
    if isinstance(table, bytes | bytearray | memoryview):
        return _of_bytes(_needed(format), bytes(table))
    if hasattr(table, "read"):
        return _of_file(table, _needed(format))
    if is_frame(table):
        return _of_bytes(*frame_file(table))
    return _of_bytes(*_objects_file(table))


def _of_path(path: Path, name: str | None) -> Payload:
    is_gzip = path.suffix.lower() == ".gz"
    stem = path.with_suffix("") if is_gzip else path
    kind = name or FORMATS.get(stem.suffix.lower())
    if kind is None:
        known = ", ".join(FORMATS)
        raise ValueError(f"The name of {path} does not say its format: use one of {known}, or pass format='csv'.")
    file = path.open("rb")
    media_type = _media_type(kind)
    return Payload(file=file, size=path.stat().st_size, media_type=media_type, name=stem.stem, is_gzip=is_gzip)


def _of_file(file: IO[bytes], kind: str) -> Payload:
    """Return an open file; one that cannot go back to an earlier position is read into memory."""
    if not file.seekable():
        return _of_bytes(kind, file.read())
    size = file.seek(0, io.SEEK_END)
    return Payload(file=file, size=size, media_type=_media_type(kind), is_own=False)


def _of_bytes(kind: str, content: bytes) -> Payload:
    return Payload(file=io.BytesIO(content), size=len(content), media_type=_media_type(kind))


def _media_type(kind: str) -> str:
    if kind not in MEDIA_TYPES:
        raise ValueError(f"The format must be one of {', '.join(MEDIA_TYPES)}, not {kind!r}.")
    return MEDIA_TYPES[kind]


def _needed(kind: str | None) -> str:
    if kind is None:
        raise ValueError(f"Pass format= for bytes and open files: one of {', '.join(MEDIA_TYPES)}.")
    return kind


def _objects_file(table: Any) -> tuple[str, bytes]:
    if isinstance(table, Mapping) and set(table) == {"x", "y"} and hasattr(table["x"], "__array__"):
        return "npz", _arrays(table)
    if isinstance(table, Mapping) and table:
        return "ndjson", lines_of(_transposed(table))
    if is_rows(table):
        return "ndjson", lines_of(table)
    raise TypeError(f"Cannot upload {type(table).__name__}. Pass {ACCEPTED}.")


def _arrays(arrays: Mapping[str, Any]) -> bytes:
    import numpy as np  # noqa: PLC0415 - only who has arrays has NumPy

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def _transposed(columns: Mapping[str, Iterable[Any]]) -> Iterable[dict[str, Any]]:
    """Yield the rows of a table that is a mapping of columns. Raises `ValueError` if their lengths differ."""
    names = list(columns)
    for values in zip(*columns.values(), strict=True):
        yield dict(zip(names, values, strict=True))
