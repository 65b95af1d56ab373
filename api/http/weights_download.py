"""Send weights in one of the export formats, whole or in part."""

import functools
import hashlib
from typing import Annotated

from fastapi import Query, Request, Response

from api.http.downloads import Download, download_response
from engine.interchange.export_formats import EXPORT_FORMATS, ExportName
from engine.interchange.safetensors import load_safetensors
from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions

OCTETS = "application/octet-stream"

DESCRIPTIONS = [f"`{name}`: {each.description}" for name, each in EXPORT_FORMATS.items()]
WeightsFormat = Annotated[ExportName, Query(description=f"{'; '.join(DESCRIPTIONS)}.")]


def weights_response(
    request: Request, sessions: Sessions, owner_id: str, blob: BlobInfo, format_name: ExportName
) -> Response:
    """Return the weights of a blob in a format. Blobs hold safetensors; other formats are made for each request."""
    export = EXPORT_FORMATS[format_name]
    filename = f"{owner_id}.{export.extension}"
    if export.dump is None:
        download = Download(filename=filename, media_type=OCTETS, bytes=blob.bytes, sha256=blob.sha256)
        return download_response(request, download, functools.partial(blobs.read, sessions, blob.id))
    data = export.dump(load_safetensors(b"".join(blobs.read_verified(sessions, blob.id))))
    return bytes_response(request, filename, data)


def bytes_response(request: Request, filename: str, data: bytes) -> Response:
    """Return a file that is made for each request. Equal models give equal bytes, so ETag and ranges stay valid."""
    digest = hashlib.sha256(data).hexdigest()
    download = Download(filename=filename, media_type=OCTETS, bytes=len(data), sha256=digest)
    return download_response(request, download, lambda start, stop: iter([data[start:stop]]))
