"""A file that arrives in several attempts: it gets its name when it is complete and its digest is right."""

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from backprop_client.errors import DownloadError

READ_BYTES = 1 << 20
TAG = re.compile(r"[0-9A-Za-z_-]{8,128}")  # of a version, safe in the name of a file


class PartFile:
    """The beginning of a file, next to the place where it will be. Its name has the version of the content (ETag)."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path: Path | None = None
        self._file: IO[bytes] | None = None
        found = sorted(target.parent.glob(f".{target.name}.*.part"))
        if len(found) == 1:
            self.path = found[0]

    @property
    def tag(self) -> str | None:
        """The strong validator of the bytes that are there."""
        return f'"{self.path.name.split(".")[-2]}"' if self.path else None

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.path.stat().st_size if self.path and self.path.exists() else 0

    @property
    def headers(self) -> dict[str, str]:
        """What a request sends to get the rest, or everything if the content has changed."""
        if not self.size or self.tag is None:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self.tag}

    def begin(self, status: int, headers: Mapping[str, str]) -> int:
        """Open the file for an answer: 206 goes on, 200 begins. Return how many bytes there will be, -1 if unknown."""
        tag = headers.get("etag", "").strip('"')
        length = int(headers.get("content-length", "-1"))
        if status == 206 and self.path is not None:
            start = self.size
            self._file = self.path.open("ab")
            return start + length if length >= 0 else -1
        self.discard()
        name = tag if TAG.fullmatch(tag) else "new"
        self.path = self.target.parent / f".{self.target.name}.{name}.part"
        self._file = self.path.open("wb")
        return length

    def write(self, data: bytes) -> int:
        """Add bytes, and return how many there are."""
        if self._file is None:
            raise RuntimeError("begin() comes before write()")
        self._file.write(data)
        return self._file.tell()

    def close(self) -> None:
        """Close the file; what has arrived stays."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def discard(self) -> None:
        """Delete what has arrived."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path = None

    def finish(self, digest: str | None) -> Path:
        """Check the digest and give the file its name. Raises `DownloadError`, and deletes it, if it is wrong."""
        self.close()
        if self.path is None:
            raise RuntimeError("begin() comes before finish()")
        if digest is not None and digest != sha256_of(self.path):
            self.discard()
            raise DownloadError(f"{self.target} arrived damaged: its SHA-256 is not the one that was announced.")
        self.path.replace(self.target)
        self.path = None
        return self.target


def announced_digest(headers: Mapping[str, str]) -> str | None:
    """Return the SHA-256 of the whole content in `Repr-Digest` (RFC 9530), in hexadecimal; None without it."""
    found = re.search(r"\bsha-256=:([A-Za-z0-9+/=]+):", headers.get("repr-digest", ""))
    return base64.b64decode(found[1]).hex() if found else None


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while data := file.read(READ_BYTES):
            digest.update(data)
    return digest.hexdigest()
