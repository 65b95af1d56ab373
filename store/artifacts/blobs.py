"""Bytes of data sets, weights, checkpoints and results: they can be streamed, read in ranges, and need no shared disk.

They are in the database, in chunks of 1 MiB, or in object storage, if the process is configured with one when it writes
them. Each blob has a row, whose deletion in a transaction deletes the bytes.
"""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, BinaryIO

from sqlalchemy import ColumnElement, delete, exists, insert, select, update
from sqlalchemy.exc import DBAPIError

from store.artifacts.object_storage import ObjectMissing, ObjectStorage, ObjectStorageUnavailable, storage_of
from store.clock import now
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot, transaction
from store.errors import BlobDamaged, BlobGone
from store.ids import BlobId, new_id
from store.tables import Blob, BlobChunk, Checkpoint, Dataset, DeletedObject, Job, Model, Weights

CHUNK_BYTES = 1 << 20
CHUNKS_PER_TRANSACTION = 8  # so that other writers of an SQLite file can write in between
ORPHAN_MILLISECONDS = 3_600_000  # an hour; a blob without references by then was left by a process that died
ORPHAN_BATCH = 500  # blobs checked by one call, which takes some milliseconds
OWNERS = (  # each has an index
    *(Dataset.blob_id, Weights.blob_id, Checkpoint.blob_id, Model.blob_id, Job.weights_blob_id, Job.result_blob_id),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    """Size, hash and place of a complete blob."""

    id: BlobId
    bytes: int
    sha256: str
    is_object: bool = False


def write(sessions: Sessions, chunks: Iterable[bytes]) -> BlobInfo:
    """Store `chunks` (each at most 1 MiB) as a new blob, in short transactions: in the database, one for up to 8 MiB.

    Nothing refers to the blob yet. The caller inserts a reference in a transaction of its own, afterwards.
    """
    blob_id, storage = BlobId(new_id("blb")), storage_of(sessions)
    try:
        if storage is not None:
            return _write_object(sessions, storage, blob_id, chunks)
        return _write_chunks(sessions, blob_id, chunks)
    except Exception:
        discard(sessions, blob_id)
        raise


def _write_object(sessions: Sessions, storage: ObjectStorage, blob_id: BlobId, chunks: Iterable[bytes]) -> BlobInfo:
    """Insert the row first, so that an object that a crash leaves behind is found."""
    with transaction(sessions) as tx:
        tx.execute(insert(Blob).values(id=blob_id, is_object=True))
    measured = _Measured(chunks)
    storage.write(blob_id, measured)
    with transaction(sessions) as tx:
        return measured.complete(tx, blob_id)


def _write_chunks(sessions: Sessions, blob_id: BlobId, chunks: Iterable[bytes]) -> BlobInfo:
    measured = _Measured(chunks)
    for first, batch, is_last in _batches(measured):
        with transaction(sessions) as tx:
            if first == 0:
                tx.execute(insert(Blob).values(id=blob_id))
            if batch:
                tx.execute(insert(BlobChunk), _rows(blob_id, first, batch))
            if is_last:
                written = measured.complete(tx, blob_id)
    return written


class _Measured:
    """Chunks whose size and hash are known at their end."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._size, self._digest = chunks, 0, hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self._size += len(chunk)
            self._digest.update(chunk)
            yield chunk

    def complete(self, tx: Tx, blob_id: BlobId) -> BlobInfo:
        """Store size and hash: the blob is complete."""
        size, sha256 = self._size, self._digest.hexdigest()
        completed = update(Blob).where(Blob.id == blob_id).values(bytes=size, sha256=sha256)
        is_object = bool(tx.scalar(completed.returning(Blob.is_object)))
        return BlobInfo(id=blob_id, bytes=size, sha256=sha256, is_object=is_object)


def discard(sessions: Sessions, blob_id: str) -> None:
    """Delete a blob without references if the database can be reached; else `remove_orphans` will delete it later."""
    with suppress(DBAPIError), transaction(sessions) as tx:
        remove(tx, [blob_id])


def chunks_of(data: bytes) -> Iterator[bytes]:
    """`data` in chunks for `write`."""
    view = memoryview(data)
    return (bytes(view[at : at + CHUNK_BYTES]) for at in range(0, len(data), CHUNK_BYTES))


def chunks_of_file(file: BinaryIO) -> Iterator[bytes]:
    """The rest of `file` in chunks for `write`."""
    return iter(lambda: file.read(CHUNK_BYTES), b"")


def info(tx: Tx, blob_id: str) -> BlobInfo:
    """Size, hash and place of a complete blob.

    Raises:
        BlobGone: it was deleted.
    """
    blob = tx.execute(select(Blob.bytes, Blob.sha256, Blob.is_object).where(Blob.id == blob_id)).first()
    if blob is None:
        raise BlobGone(f"Blob {blob_id} was deleted.")
    return BlobInfo(id=BlobId(blob_id), bytes=blob.bytes, sha256=blob.sha256 or "", is_object=blob.is_object)


def read(sessions: Sessions, blob_id: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Yield the bytes from `start` to `stop` (default: the end), with a short transaction or request for each chunk."""
    with snapshot(sessions) as tx:
        blob = info(tx, blob_id)
    end = blob.bytes if stop is None else stop
    yield from (_read_object if blob.is_object else _read_chunks)(sessions, blob.id, start, end)


def _read_object(sessions: Sessions, blob_id: BlobId, start: int, end: int) -> Iterator[bytes]:
    storage = storage_of(sessions)
    if storage is None:
        raise ObjectStorageUnavailable(LookupError(f"Blob {blob_id} is an object, but BACKPROP_BLOB_URL is not set."))
    try:
        yield from storage.read(blob_id, start, end)
    except ObjectMissing:
        with snapshot(sessions) as tx:
            info(tx, blob_id)  # raises BlobGone if the whole blob was deleted
        raise BlobDamaged(f"Blob {blob_id} is damaged: its object is missing.") from None


def _read_chunks(sessions: Sessions, blob_id: BlobId, start: int, end: int) -> Iterator[bytes]:
    for number in range(start // CHUNK_BYTES, -(-end // CHUNK_BYTES)):
        with snapshot(sessions) as tx:
            chunk = tx.scalar(select(BlobChunk.data).where(BlobChunk.blob_id == blob_id, BlobChunk.number == number))
            if chunk is None:
                info(tx, blob_id)  # raises BlobGone if the whole blob was deleted
                raise BlobDamaged(f"Blob {blob_id} is damaged: chunk {number} is missing.")
        base = number * CHUNK_BYTES
        yield chunk[max(start - base, 0) : end - base]


def read_verified(sessions: Sessions, blob_id: str) -> Iterator[bytes]:
    """Yield all bytes of a blob.

    Raises:
        BlobDamaged: at the end, if the bytes differ from those that were written.
    """
    with snapshot(sessions) as tx:
        expected = info(tx, blob_id).sha256
    digest = hashlib.sha256()
    for chunk in read(sessions, blob_id):
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != expected:
        raise BlobDamaged(f"Blob {blob_id} is damaged: its SHA-256 is not {expected}.")


def remove(tx: Tx, blob_ids: Iterable[str]) -> None:
    """Delete blobs. Chunks go with them; `remove_objects` deletes objects after the commit."""
    if ids := list(blob_ids):
        _delete(tx, Blob.id.in_(ids))


def _delete(tx: Tx, *conditions: ColumnElement[bool]) -> None:
    deleted = delete(Blob).where(*conditions).returning(Blob.id, Blob.is_object)
    rows = tx.execute(deleted.execution_options(synchronize_session=False)).all()
    if objects := [{"id": row.id} for row in rows if row.is_object]:
        tx.execute(insert(DeletedObject), objects)


def remove_objects(sessions: Sessions, limit: int = ORPHAN_BATCH) -> None:
    """Delete up to `limit` objects of deleted blobs from object storage."""
    storage = storage_of(sessions)
    if storage is None:
        return
    with snapshot(sessions) as tx:
        names = list(tx.scalars(select(DeletedObject.id).limit(limit)))
    if names:
        storage.remove(names)
        with transaction(sessions) as tx:
            tx.execute(delete(DeletedObject).where(DeletedObject.id.in_(names)))


def remove_orphans(sessions: Sessions, after: str = "", limit: int = ORPHAN_BATCH) -> str:
    """Delete blobs without references that are older than an hour: processes that died left them behind.

    Checks `limit` blobs, so that it delays nobody, and takes the write lock only to delete. Returns the id of the last
    blob that it checked, from which the next call continues; "" at the end.
    """
    with snapshot(sessions) as tx:
        batch = list(tx.scalars(select(Blob.id).where(Blob.id > after).order_by(Blob.id).limit(limit)))
        orphans = list(tx.scalars(select(Blob.id).where(*_orphaned(batch))))
    for orphan in orphans:  # one by one: each may be large
        with transaction(sessions) as tx:
            _delete(tx, *_orphaned([orphan]))
    return batch[-1] if len(batch) == limit else ""


def _orphaned(blob_ids: list[str]) -> tuple[ColumnElement[bool], ...]:
    """Matches those of these blobs that are older than an hour and have no references."""
    old = Blob.created_at < now() - ORPHAN_MILLISECONDS
    return (Blob.id.in_(blob_ids), old, *[~exists().where(owner == Blob.id) for owner in OWNERS])


def _rows(blob_id: BlobId, first: int, batch: list[bytes]) -> list[dict[str, Any]]:
    return [{"blob_id": blob_id, "number": first + at, "data": chunk} for at, chunk in enumerate(batch)]


def _batches(chunks: Iterable[bytes]) -> Iterator[tuple[int, list[bytes], bool]]:
    """Group chunks: the number of the first, the chunks (possibly none), and whether the batch is the last."""
    first, source = 0, iter(chunks)
    while True:
        batch = list(itertools.islice(source, CHUNKS_PER_TRANSACTION))
        is_last = len(batch) < CHUNKS_PER_TRANSACTION
        yield first, batch, is_last
        if is_last:
            return
        first += len(batch)
