"""An upload, written to disk while it arrives, plain or gzip, with limits before and after decompression."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Self

from anyio import to_thread
from fastapi import Request

from api.http.errors import UnsupportedMediaType
from api.http.requests.json_body import LimitedRequest
from api.http.uploads.decompression import Gzip, Plain
from api.http.uploads.forms import read_form
from api.http.uploads.sent_file import MULTIPART, SentFile, media_type
from api.settings import ApiSettings
from service.uploads.uploaded_file import UploadedFile

WRITE_BYTES = 1 << 20  # per call of a thread: packets are smaller
MAX_SHOWN = 60  # characters of a header that an error repeats


class Upload:
    """A temporary folder for one request, removed at the end of the ``with`` block."""

    def __init__(self, folder: Path, settings: ApiSettings) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = TemporaryDirectory(dir=folder, prefix="upload-")
        self._settings = settings

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    async def receive(self, request: Request, types: Sequence[str]) -> UploadedFile:
        """Write the body, or the file of a form, to disk. Raises `ApiError` for any other media type than `types`."""
        check_headers(request, types)
        limited = LimitedRequest(request, self._settings.max_upload_bytes)
        if media_type(request.headers.get("content-type")) == MULTIPART:
            async with read_form(limited) as file:
                return await self._write(file, "gzip" if file.is_gzip else "identity")
        encoding = request.headers.get("content-encoding", "identity")
        content_type = request.headers.get("content-type", "")
        return await self._write(SentFile(content_type=content_type, packets=limited.stream()), encoding)

    async def _write(self, sent: SentFile, encoding: str) -> UploadedFile:
        path = Path(self._folder.name) / "body"
        writer = _Writer(path, Gzip(self._settings) if encoding == "gzip" else Plain())
        with writer:
            async for block in gathered(sent.packets):
                await to_thread.run_sync(writer.write, block)
            writer.inflater.finish()
        return UploadedFile(
            path=path,
            bytes=path.stat().st_size,
            sha256=writer.digest.hexdigest(),
            filename=sent.filename,
            media_type=media_type(sent.content_type),
            charset=sent.charset,
        )


def check_headers(request: Request, types: Sequence[str]) -> None:
    """Check media type and encoding of a request. Raises `UnsupportedMediaType`."""
    sent, encoding = (
        media_type(request.headers.get("content-type")),
        request.headers.get("content-encoding", "identity"),
    )
    if sent not in (*types, MULTIPART):
        known, shown = ", ".join(types), sent[:MAX_SHOWN] or "a body without Content-Type"
        raise UnsupportedMediaType(f"Send {known} or {MULTIPART}, not {shown}.")
    if encoding not in {"identity", "gzip"}:
        raise UnsupportedMediaType(f"Content-Encoding must be gzip or absent, not {encoding[:40]}.")
    if encoding == "gzip" and sent == MULTIPART:
        raise UnsupportedMediaType(
            "Send forms without Content-Encoding. A file in a form is read as gzip if its name ends in .gz."
        )


async def gathered(packets: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the packets in blocks of about `WRITE_BYTES`."""
    buffer = bytearray()
    async for packet in packets:
        buffer += packet
        if len(buffer) >= WRITE_BYTES:
            yield bytes(buffer)
            buffer.clear()
    if buffer:
        yield bytes(buffer)


class _Writer:
    """Decompresses and hashes blocks and writes them to a file."""

    def __init__(self, path: Path, inflater: Plain | Gzip) -> None:
        self.inflater = inflater
        self.digest = hashlib.sha256()
        self._file = path.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, block: bytes) -> None:
        """Write the next block."""
        for piece in self.inflater.feed(block):
            self._file.write(piece)
            self.digest.update(piece)
