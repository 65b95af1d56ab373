"""The header fields of resumable uploads (draft-ietf-httpbis-resumable-upload), and how they are written."""

import re

from fastapi import Request

from api.http.errors import InvalidHeader
from store.tables import Upload

PARTIAL_UPLOAD = "application/partial-upload"
BEGUN_UPLOAD = "application/vnd.backprop.upload+json"  # the answer to the first part: an upload, no data set yet
BOOLEAN = re.compile(r"\s*\?([01])\s*(;.*)?")  # structured fields (RFC 9651) may have parameters
INTEGER = re.compile(r"\s*([0-9]{1,15})\s*(;.*)?")


def upload_complete(request: Request) -> bool | None:
    """Return whether the request has the last bytes, None if the field is absent. Raises `InvalidHeader`."""
    sent = request.headers.get("upload-complete")
    match = None if sent is None else BOOLEAN.fullmatch(sent)
    if sent is not None and match is None:
        raise InvalidHeader("Upload-Complete must be ?1 (the last bytes) or ?0 (more will follow).")
    return None if match is None else match[1] == "1"


def upload_offset(request: Request) -> int | None:
    """Return how many bytes were sent before this request. Raises `InvalidHeader`."""
    return _integer(request, "Upload-Offset")


def upload_length(request: Request) -> int | None:
    """Return the size of the whole file, if the client knows it. Raises `InvalidHeader`."""
    return _integer(request, "Upload-Length")


def content_length(request: Request) -> int | None:
    """Return the size of the body, None if it is not declared."""
    sent = request.headers.get("content-length")
    return int(sent) if sent is not None else None


def state_fields(upload: Upload, max_bytes: int, max_age: int) -> dict[str, str]:
    """Return the fields that tell the state of an upload."""
    fields = {
        "Upload-Offset": str(upload.bytes),
        "Upload-Complete": boolean(upload.answer is not None),
        "Upload-Limit": upload_limit(max_bytes, max_age),
        "Cache-Control": "no-store",
    }
    return fields if upload.length is None else {**fields, "Upload-Length": str(upload.length)}


def upload_limit(max_bytes: int, max_age: int) -> str:
    """Return the largest size of an upload, and how many seconds it is kept."""
    return f"max-size={max_bytes}, max-age={max(max_age, 0)}"


def boolean(value: bool) -> str:  # noqa: FBT001 - what is written
    """Return a boolean as a structured field."""
    return "?1" if value else "?0"


def _integer(request: Request, name: str) -> int | None:
    sent = request.headers.get(name)
    match = None if sent is None else INTEGER.fullmatch(sent)
    if sent is not None and match is None:
        raise InvalidHeader(f"{name} must be a whole number of bytes.")
    return None if match is None else int(match[1])
