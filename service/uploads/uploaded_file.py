"""A file that a client uploaded, on the disk of this process."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadedFile:
    """The file with its size and hash after decompression, its media type, and the name and charset that were sent."""

    path: Path
    bytes: int
    sha256: str
    filename: str | None
    media_type: str
    charset: str | None = None
