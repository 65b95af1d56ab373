"""The file formats that can be uploaded. To add one, write its reader and list it in FORMATS."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers.csv.reader import read_csv
from tabular.readers.ndjson.reader import read_ndjson
from tabular.readers.npz.reader import read_npz
from tabular.readers.options import ReadOptions
from tabular.readers.parquet.reader import read_parquet

Read = Callable[[Path, Path, ReadOptions, Limits], Profile]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A file format.

    extensions: endings of file names.
    read: writes the table in a file (first path) as canonical Parquet (second path) and returns its profile.
    """

    name: str
    media_types: tuple[str, ...]
    extensions: tuple[str, ...]
    read: Read


FORMATS = (
    FileFormat(
        name="csv",
        media_types=("text/csv", "application/csv", "text/plain"),
        extensions=(".csv", ".tsv", ".txt"),
        read=read_csv,
    ),
    FileFormat(
        name="parquet",
        media_types=("application/vnd.apache.parquet",),
        extensions=(".parquet", ".pq"),
        read=read_parquet,
    ),
    FileFormat(
        name="ndjson",
        media_types=("application/x-ndjson", "application/ndjson", "application/jsonl"),
        extensions=(".ndjson", ".jsonl"),
        read=read_ndjson,
    ),
    FileFormat(name="npz", media_types=("application/x-npz",), extensions=(".npz",), read=read_npz),
)
MEDIA_TYPES = {media_type: each for each in FORMATS for media_type in each.media_types}


def format_named(name: str) -> FileFormat:
    """Return the format of that name."""
    return next(file_format for file_format in FORMATS if file_format.name == name)


def format_of(media_type: str, filename: str = "") -> FileFormat:
    """Return the format of a media type. If that says nothing, the ending of the file's name decides, else CSV.

    Clients send text/plain for any text and application/octet-stream for any file.
    """
    if media_type != "text/plain" and (found := MEDIA_TYPES.get(media_type)):
        return found
    name = filename.lower().removesuffix(".gz")
    return next((each for each in FORMATS if name.endswith(each.extensions)), FORMATS[0])
