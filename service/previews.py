"""The first rows of a data set. Only the part of the file that has them is copied, and a child process reads it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions
from store.db.transaction import snapshot
from store.tables import Dataset
from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers import sandbox
from tabular.readers.preview import PreviewColumn

MAX_ROWS = 1_000
END_BYTES = 8  # of a Parquet file: the length of the footer, and a mark
LIMITS = Limits(seconds=30.0, threads=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The first rows of a table, the number of all rows, and the shape of the array that they came from."""

    rows: list[dict[str, Any]]
    total: int
    shape: list[int] | None


def preview(sessions: Sessions, folder: Path, dataset: Dataset, rows: int) -> Preview:
    """Return the first `rows` rows, fewer if they are large. Raises `BlobGone` if the data set was deleted."""
    stored = {"rows": dataset.rows, "columns": dataset.columns, "reading": dataset.reading}
    profile = Profile.from_json(stored)
    columns = [PreviewColumn.of(column) for column in profile.columns]
    folder.mkdir(parents=True, exist_ok=True)
    with snapshot(sessions) as tx:
        blob = blobs.info(tx, dataset.blob_id)
    with tempfile.TemporaryDirectory(dir=folder, prefix="preview-") as name:
        path = Path(name) / "table.parquet"
        with path.open("w+b") as file:
            _copy_footer(sessions, blob, file)
            end = sandbox.find_rows(path, rows, LIMITS)
            _copy(sessions, blob, file, 0, min(end, blob.bytes))
        found = sandbox.read_preview(path, columns, rows, LIMITS)
    shape = profile.reading.shape if profile.reading else None
    return Preview(rows=found, total=dataset.rows, shape=list(shape) if shape else None)


def _copy_footer(sessions: Sessions, blob: BlobInfo, file: BinaryIO) -> None:
    """Copy the footer to its place at the end of the file, which is empty before it."""
    end = b"".join(blobs.read(sessions, blob.id, blob.bytes - END_BYTES, blob.bytes))
    footer = int.from_bytes(end[:4], "little")
    _copy(sessions, blob, file, max(blob.bytes - END_BYTES - footer, 0), blob.bytes)


def _copy(sessions: Sessions, blob: BlobInfo, file: BinaryIO, start: int, stop: int) -> None:
    file.seek(start)
    file.writelines(blobs.read(sessions, blob.id, start, stop))
    file.flush()
