"""Decompression of gzip bodies in pieces of limited size, up to a limit of their size and ratio."""

import zlib
from collections.abc import Iterator

from api.http.errors import BodyTooLarge, InvalidRequest
from api.settings import ApiSettings

PIECE_BYTES = 1 << 20  # decompressed at once
STEP_BYTES = 16 << 10  # of compressed bytes at once: zlib copies the rest of them after each member and each piece
MIN_INFLATED_BYTES = 10 << 20  # below this size, the compression ratio is not limited
FREE_MEMBERS = 100  # any size; others must have a kilobyte on average, since each costs as much time as many bytes
MIN_MEMBER_BYTES = 1 << 10
INCOMPLETE_GZIP = (
    "The gzip body is incomplete, or it is not gzip. Compress the file again, or send it without Content-Encoding."
)


class Plain:
    """A body without compression."""

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Yield the block."""
        yield block

    def finish(self) -> None:
        """Accept any end."""


class Gzip:
    """A gzip body of one or more members."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._inflate = zlib.decompressobj(wbits=31)
        self._in = self._out = self._members = 0

    def feed(self, block: bytes) -> Iterator[bytes]:
        """Yield the decompressed bytes. Raises `BodyTooLarge` or `InvalidRequest`."""
        for start in range(0, len(block), STEP_BYTES):
            yield from self._inflated(block[start : start + STEP_BYTES])

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        self._in += len(data)
        while data:
            piece = self._step(data)
            self._out += len(piece)
            self._check()
            yield piece
            data = self._rest()

    def finish(self) -> None:
        """Raise `InvalidRequest` unless the last member is complete."""
        if not self._inflate.eof:
            raise InvalidRequest(INCOMPLETE_GZIP)

    def _step(self, data: bytes) -> bytes:
        try:
            return self._inflate.decompress(data, PIECE_BYTES)
        except zlib.error as error:
            raise InvalidRequest(f"The body is not valid gzip: {error}.") from None

    def _rest(self) -> bytes:
        if self._inflate.eof and (rest := self._inflate.unused_data):
            self._inflate = zlib.decompressobj(wbits=31)  # the next member of the same file
            self._members += 1
            if self._members > FREE_MEMBERS + self._in // MIN_MEMBER_BYTES:
                raise InvalidRequest("The gzip body has too many small members. Compress the file as a whole.")
            return rest
        return self._inflate.unconsumed_tail

    def _check(self) -> None:
        maximum = self._settings.max_inflated_bytes
        if self._out > maximum:
            raise BodyTooLarge(f"The file may have at most {maximum:,} bytes after decompression.")
        if self._out > max(MIN_INFLATED_BYTES, self._in * self._settings.max_inflation):
            raise BodyTooLarge(f"A gzip body may decompress to at most {self._settings.max_inflation} times its size.")
