"""Object storage, such as S3, for the bytes of blobs: one object per blob, named by the blob's id."""

import itertools
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from store.db.database import Sessions

if TYPE_CHECKING:
    from obstore.store import ObjectStore

OBJECT_STORAGE = "object_storage"  # the key of the storage in the sessions' `info`
PART_BYTES = 8 << 20  # of one request
CONNECT_TIMEOUT, TIMEOUT, RETRY_TIMEOUT = 5, 60, 10  # seconds: of a connection, of a request, of its repetitions


class ObjectStorageUnavailable(OperationalError):
    """Object storage cannot be used now. To callers, this is like a database that cannot be reached."""

    def __init__(self, error: Exception) -> None:
        text, _, _ = str(error).partition("\n\nDebug source")
        super().__init__(None, None, ConnectionError(text))


class ObjectMissing(Exception):
    """Object storage has no such object."""


class ObjectStorage:
    """The objects below a URL such as ``s3://bucket/folder``. Safe for use in several threads."""

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _store(self) -> "ObjectStore":
        """Opened when first needed: its threads would not survive a fork."""
        from obstore.store import from_url  # noqa: PLC0415 - an optional dependency

        return from_url(
            self._url,
            client_options={"connect_timeout": f"{CONNECT_TIMEOUT}s", "timeout": f"{TIMEOUT}s", "allow_http": True},
            retry_config={"retry_timeout": timedelta(seconds=RETRY_TIMEOUT)},
        )

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Store an object. It appears as a whole, or not at all.

        Raises:
            ObjectStorageUnavailable: it may have been stored nevertheless.
        """
        source = iter(chunks)
        first = _take(source, PART_BYTES)
        with _errors():
            if len(first) < PART_BYTES:
                self._store.put(name, first, use_multipart=False)
            else:
                self._store.put(name, itertools.chain([first], source), chunk_size=PART_BYTES)

    def read(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` to `stop`, at most 8 MiB at a time. No connection is held in between.

        Raises:
            ObjectMissing: there is no such object.
            ObjectStorageUnavailable: the rest can be read later.
        """
        for at in range(start, stop, PART_BYTES):
            try:
                with _errors():
                    part = bytes(self._store.get_range(name, start=at, end=min(at + PART_BYTES, stop)))
            except FileNotFoundError as error:
                raise ObjectMissing(name) from error
            yield part

    def remove(self, names: list[str]) -> None:
        """Delete objects; names without an object are ignored."""
        with _errors():
            self._store.delete(names)

    def check(self) -> None:
        """Raise `ObjectStorageUnavailable` if the bucket cannot be listed now."""
        with _errors():
            list(self._store.list(prefix="no-such-folder"))


def storage_of(sessions: Sessions) -> ObjectStorage | None:
    """The object storage that these sessions were opened with."""
    storage: ObjectStorage | None = sessions.kw["info"].get(OBJECT_STORAGE)
    return storage


def _take(source: Iterator[bytes], size: int) -> bytes:
    """The next chunks of `source`, until they have `size` bytes or more."""
    taken: list[bytes] = []
    while sum(map(len, taken)) < size and (chunk := next(source, None)) is not None:
        taken.append(chunk)
    return b"".join(taken)


@contextmanager
def _errors() -> Iterator[None]:
    """Translate the library's errors."""
    from obstore.exceptions import BaseError  # noqa: PLC0415

    try:
        yield
    except BaseError as error:
        raise ObjectStorageUnavailable(error) from error
