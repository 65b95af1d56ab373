"""Weights as downloads: safetensors as they are stored, npz made from them."""

import functools
import hashlib
from typing import Annotated, Literal

from fastapi import Query, Request, Response

from api.http import downloads
from api.http.downloads import Download
from engine.interchange.weights_files import from_safetensors, to_npz
from store.artifacts import blobs
from store.artifacts.blobs import BlobInfo
from store.db.database import Sessions

OCTETS = "application/octet-stream"

WeightsFormat = Annotated[
    Literal["safetensors", "npz"],
    Query(description="safetensors: PyTorch's names and layouts; npz: NumPy's archive."),
]


def respond_weights(
    request: Request, sessions: Sessions, owner_id: str, blob: BlobInfo, format_name: Literal["safetensors", "npz"]
) -> Response:
    """The weights of a blob in a format, whole or in part."""
    if format_name == "npz":
        return _npz(request, sessions, owner_id, blob)
    name = f"{owner_id}.safetensors"
    download = Download(filename=name, media_type=OCTETS, bytes=blob.bytes, sha256=blob.sha256)
    return downloads.respond(request, download, functools.partial(blobs.read, sessions, blob.id))


def _npz(request: Request, sessions: Sessions, owner_id: str, blob: BlobInfo) -> Response:
    """The same weights as NumPy's archive, which is made anew, to the same bytes, for each request."""
    data = to_npz(from_safetensors(b"".join(blobs.read_checked(sessions, blob.id)))[0])
    digest = hashlib.sha256(data).hexdigest()
    download = Download(filename=f"{owner_id}.npz", media_type=OCTETS, bytes=len(data), sha256=digest)
    return downloads.respond(request, download, lambda start, stop: iter([data[start:stop]]))
