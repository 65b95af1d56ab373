"""The file formats that can be uploaded. To add one, write its reader and list it in FORMATS."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tabular.limits import Limits
from tabular.profile import Profile
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions

Read = Callable[[Path, Path, ReadOptions, Limits], Profile]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """A file format.

    read: writes the table in a file (first path) as canonical Parquet (second path) and returns its profile.
    """

    name: str
    media_types: tuple[str, ...]
    read: Read


FORMATS = (FileFormat(name="csv", media_types=("text/csv", "application/csv", "text/plain"), read=read_csv),)
MEDIA_TYPES = tuple(media_type for file_format in FORMATS for media_type in file_format.media_types)


def format_named(name: str) -> FileFormat:
    """Return the format of that name."""
    return next(file_format for file_format in FORMATS if file_format.name == name)


def format_of(media_type: str | None) -> FileFormat:
    """Return the format of a media type; CSV if the media type is unknown or not given."""
    return next((file_format for file_format in FORMATS if media_type in file_format.media_types), FORMATS[0])
