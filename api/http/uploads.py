"""Uploads: the body is written to disk while it arrives, plain or gzip, with limits before and after decompression."""

import hashlib
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import BinaryIO, Self

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from api.http.errors import BodyTooLarge, InvalidRequest, MalformedForm, UnsupportedMediaType
from api.http.requests.json_body import UNSTORABLE, LimitedRequest
from api.settings import ApiSettings
from service.uploads.uploaded_file import UploadedFile

WRITE_BYTES = 1 << 20  # per call of a thread: packets are smaller
MAX_SHOWN = 60  # characters of a header that an error repeats
MAX_NAME = 200  # characters of a name
MIN_INFLATED_BYTES = 10 << 20  # below this size, the compression ratio is not limited
INCOMPLETE_GZIP = (
    "The gzip body is incomplete, or it is not gzip. Compress the file again, or send it without Content-Encoding."
)


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
        encoding = request.headers.get("content-encoding", "identity")
        path, digest = Path(self._folder.name) / "body", hashlib.sha256()
        limited = LimitedRequest(request, self._settings.max_upload_bytes)
        async with _sent_file(limited, types) as sent:
            inflater = _inflater("gzip" if sent.is_gzip else encoding, self._settings)
            with path.open("wb") as file:
                async for piece in _gathered(sent.packets, inflater):
                    await to_thread.run_sync(_write, file, digest, piece)
        return UploadedFile(
            path=path,
            bytes=path.stat().st_size,
            sha256=digest.hexdigest(),
            filename=sent.filename,
            media_type=sent.media_type,
        )


@dataclass(frozen=True, slots=True)
class _SentFile:
    """A file as it arrives: its media type, its bytes, and its name if it is part of a form."""

    media_type: str
    packets: AsyncIterator[bytes]
    filename: str | None = None

    @property
    def is_gzip(self) -> bool:
        """Whether the name says that the file is compressed."""
        return (self.filename or "").lower().endswith(".gz")


@asynccontextmanager
async def _sent_file(request: Request, types: Sequence[str]) -> AsyncIterator[_SentFile]:
    """Yield the body, or the file of a form."""
    sent = _media_type(request.headers.get("content-type"))
    if sent in types:
        yield _SentFile(sent, request.stream())
        return
    if sent != "multipart/form-data":
        known, shown = ", ".join(types), sent[:MAX_SHOWN] or "a body without Content-Type"
        raise UnsupportedMediaType(f"Send {known} or multipart/form-data, not {shown}.")
    async with _form(request) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            problem = {"pointer": "form file", "detail": "The form has no file in this part."}
            raise InvalidRequest("Send the file in the form part `file`.", errors=[problem])
        yield _SentFile(_media_type(file.content_type), _pieces(file), _clean(file.filename))


def _media_type(header: str | None) -> str:
    return (header or "").split(";")[0].strip().lower()


@asynccontextmanager
async def _form(request: Request) -> AsyncIterator[FormData]:
    try:
        opened = await request.form(max_files=1, max_fields=0)
    except HTTPException as error:
        raise MalformedForm(f"The form cannot be read: {str(error.detail).removesuffix('.')}.") from None
    try:
        yield opened
    finally:
        await opened.close()


def _clean(filename: str | None) -> str | None:
    """Return the name without what databases cannot store, as the default name of what is uploaded."""
    return UNSTORABLE.sub("", filename or "")[:MAX_NAME] or None


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(WRITE_BYTES):
        yield piece


async def _gathered(packets: AsyncIterator[bytes], inflater: "_Plain | _Gzip") -> AsyncIterator[bytes]:
    """Yield the decompressed bytes in pieces of about `WRITE_BYTES`."""
    buffer = bytearray()
    async for packet in packets:
        for piece in inflater.feed(packet):
            buffer += piece
            if len(buffer) >= WRITE_BYTES:
                yield bytes(buffer)
                buffer.clear()
    inflater.finish()
    yield bytes(buffer)


class _Plain:
    """A body without compression."""

    def feed(self, packet: bytes) -> Iterator[bytes]:
        yield packet

    def finish(self) -> None:
        pass


class _Gzip:
    """A gzip body, decompressed in pieces of limited size."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._inflate = zlib.decompressobj(wbits=31)
        self._in = self._out = 0

    def feed(self, packet: bytes) -> Iterator[bytes]:
        self._in += len(packet)
        while packet:
            piece = self._step(packet)
            self._out += len(piece)
            self._check()
            yield piece
            packet = self._rest()

    def finish(self) -> None:
        if not self._inflate.eof:
            raise InvalidRequest(INCOMPLETE_GZIP)

    def _step(self, packet: bytes) -> bytes:
        try:
            return self._inflate.decompress(packet, WRITE_BYTES)
        except zlib.error as error:
            raise InvalidRequest(f"The body is not valid gzip: {error}.") from None

    def _rest(self) -> bytes:
        if self._inflate.eof and (rest := self._inflate.unused_data):
            self._inflate = zlib.decompressobj(wbits=31)  # the next member of the same file
            return rest
        return self._inflate.unconsumed_tail

    def _check(self) -> None:
        maximum = self._settings.max_inflated_bytes
        if self._out > maximum:
            raise BodyTooLarge(f"The file may have at most {maximum:,} bytes after decompression.")
        if self._out > max(MIN_INFLATED_BYTES, self._in * self._settings.max_inflation):
            raise BodyTooLarge(f"A gzip body may decompress to at most {self._settings.max_inflation} times its size.")


def _inflater(encoding: str, settings: ApiSettings) -> _Plain | _Gzip:
    if encoding == "identity":
        return _Plain()
    if encoding == "gzip":
        return _Gzip(settings)
    raise UnsupportedMediaType(f"Content-Encoding must be gzip or absent, not {encoding[:40]}.")


def _write(file: BinaryIO, digest: "hashlib._Hash", data: bytes) -> None:
    file.write(data)
    digest.update(data)
