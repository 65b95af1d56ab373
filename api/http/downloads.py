"""Downloads: streamed from the database, whole or in ranges, with validators for resuming (RFC 9110)."""

import base64
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from api.http.errors import InvalidHeader, RangeNotSatisfiable

BYTES_UNIT = re.compile(r"\s*bytes\s*=", re.IGNORECASE)
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file to send, without its bytes."""

    filename: str
    media_type: str
    bytes: int
    sha256: str

    @property
    def etag(self) -> str:
        """Return the strong validator: the hash of the bytes."""
        return f'"{self.sha256}"'


def is_current(request: Request, etag: str) -> bool:
    """Return whether the client has this version already, by its `If-None-Match`."""
    sent = etags(request)
    return sent == ["*"] or etag in sent


def etags(request: Request) -> list[str]:
    """Return the validators of `If-None-Match`, which are compared weakly; empty without this header."""
    sent = request.headers.get("if-none-match", "").split(",")
    return [tag.strip().removeprefix("W/") for tag in sent if tag.strip()]


def download_response(request: Request, download: Download, read: Callable[[int, int], Iterator[bytes]]) -> Response:
    """Return the requested bytes; `read(start, stop)` yields them in pieces."""
    headers = _headers(download)
    if is_current(request, download.etag):
        return Response(status_code=304, headers={"ETag": download.etag})
    start, stop = _range(request, download)
    headers["Content-Length"] = str(stop - start)
    partial = (start, stop) != (0, download.bytes)
    if partial:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{download.bytes}"
    if is_head(request):
        return Response(None, 200, headers, download.media_type)  # reads nothing
    return StreamingResponse(read(start, stop), 206 if partial else 200, headers, download.media_type)


def is_head(request: Request) -> bool:
    """Return whether only the headers are wanted."""
    return bool(getattr(request.state, "is_head", False))


def _headers(download: Download) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(download.sha256)).decode()
    return {
        "ETag": download.etag,
        "Repr-Digest": f"sha-256=:{digest}:",
        "Accept-Ranges": "bytes",
        "Content-Disposition": f'attachment; filename="{download.filename}"',
    }


def _range(request: Request, download: Download) -> tuple[int, int]:
    sent = request.headers.get("range")
    unchanged = request.headers.get("if-range", download.etag) == download.etag
    if sent is None or not unchanged or "," in sent or not BYTES_UNIT.match(sent):
        return 0, download.bytes  # several ranges may be answered in full, and unknown units are ignored
    if is_head(request):
        return 0, download.bytes  # ranges have a meaning for GET only
    match = RANGE.fullmatch(sent.replace(" ", "").lower())
    if match is None or match.groups() == ("", ""):
        raise InvalidHeader(f"Range must have the form bytes=0-1023, not {sent[:40]}.")
    first, last = match.groups()
    start = int(first) if first else max(download.bytes - int(last), 0)
    stop = min(int(last) + 1, download.bytes) if first and last else download.bytes
    if start >= stop:
        total = f"bytes */{download.bytes}"
        raise RangeNotSatisfiable(f"The content has {download.bytes} bytes.", headers={"Content-Range": total})
    return start, stop
