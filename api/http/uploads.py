"""Bodies that go to disk as they come in, plain or gzip, under limits on what arrives and on what it inflates to."""

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
from starlette.datastructures import UploadFile

from api.http.errors import InvalidRequest, TooLarge, UnsupportedMediaType
from api.http.json_body import BoundedRequest
from service.limits import ApiSettings

WRITE_BYTES = 1 << 20  # a hop to a thread for each megabyte, not for each packet
INFLATED_FLOOR = 10 << 20  # below this a file may inflate as it likes


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A file on disk: its size and hash once inflated, and its name if the sender told it."""

    path: Path
    bytes: int
    sha256: str
    filename: str | None


class Upload:
    """A folder of its own for one request, gone when the ``with`` block ends."""

    def __init__(self, folder: Path, limits: ApiSettings) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = TemporaryDirectory(dir=folder, prefix="upload-")
        self._limits = limits

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.cleanup()

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self._folder.name)

    async def receive(self, request: Request, types: Sequence[str]) -> Received:
        """Write the body of one of `types`, or the one file of a form, to disk; raises what is wrong with it."""
        inflater = _inflater(request.headers.get("content-encoding", "identity"), self._limits)
        path, digest = self.path / "body", hashlib.sha256()
        bounded = BoundedRequest(request, self._limits.max_upload_bytes)
        async with _sent_file(bounded, types) as (filename, packets):
            with path.open("wb") as file:
                async for piece in _gathered(packets, inflater):
                    await to_thread.run_sync(_write, file, digest, piece)
        return Received(path=path, bytes=path.stat().st_size, sha256=digest.hexdigest(), filename=filename)


@asynccontextmanager
async def _sent_file(request: Request, types: Sequence[str]) -> AsyncIterator[tuple[str | None, AsyncIterator[bytes]]]:
    """The name and the bytes of the file that was sent."""
    sent = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if sent in types:
        yield None, request.stream()
        return
    if sent != "multipart/form-data":
        raise UnsupportedMediaType(
            f"Send {types[0]} or multipart/form-data, not {sent or 'a body without Content-Type'}."
        )
    async with request.form(max_files=1, max_fields=0) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            problem = {"pointer": "form file", "detail": "The form has no file part of this name."}
            raise InvalidRequest("A form has one part, `file`.", errors=[problem])
        yield file.filename, _pieces(file)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(WRITE_BYTES):
        yield piece


async def _gathered(packets: AsyncIterator[bytes], inflater: "_Plain | _Gzip") -> AsyncIterator[bytes]:
    """What the packets inflate to, in pieces worth a hop to a thread."""
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
    """A body without an encoding."""

    def feed(self, packet: bytes) -> Iterator[bytes]:
        yield packet

    def finish(self) -> None:
        pass


class _Gzip:
    """A gzip body, inflated a bounded piece at a time."""

    def __init__(self, limits: ApiSettings) -> None:
        self._limits = limits
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
            raise InvalidRequest("The gzip body ends in the middle: it was cut off, or is no gzip.")

    def _step(self, packet: bytes) -> bytes:
        try:
            return self._inflate.decompress(packet, WRITE_BYTES)
        except zlib.error as error:
            raise InvalidRequest(f"The body is no valid gzip: {error}.") from None

    def _rest(self) -> bytes:
        if self._inflate.eof and (rest := self._inflate.unused_data):
            self._inflate = zlib.decompressobj(wbits=31)  # the next member of the same file
            return rest
        return self._inflate.unconsumed_tail

    def _check(self) -> None:
        most = self._limits.max_inflated_bytes
        if self._out > most:
            raise TooLarge(f"A file has at most {most:,} bytes when inflated.")
        if self._out > max(INFLATED_FLOOR, self._in * self._limits.max_inflation):
            raise TooLarge(f"A gzip body inflates to at most {self._limits.max_inflation} times its size.")


def _inflater(encoding: str, limits: ApiSettings) -> _Plain | _Gzip:
    if encoding == "identity":
        return _Plain()
    if encoding == "gzip":
        return _Gzip(limits)
    raise UnsupportedMediaType(f"Content-Encoding is gzip or absent, not {encoding}.")


def _write(file: BinaryIO, digest: "hashlib._Hash", data: bytes) -> None:
    file.write(data)
    digest.update(data)
