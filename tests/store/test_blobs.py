"""Blobs: what is read is what was written, in any range; damage is told, leftovers go."""

import hashlib

import pytest
from sqlalchemy import delete, func, select, update

from store import blobs
from store.blobs import CHUNK_BYTES, ORPHAN_MILLISECONDS, chunks_of
from store.database import Sessions
from store.errors import BlobDamaged
from store.tables import Blob, BlobChunk
from store.transaction import snapshot, transaction

DATA = bytes(range(256)) * (CHUNK_BYTES // 256) * 2 + b"the end"


def test_a_blob_reads_as_it_was_written_and_knows_its_size_and_hash(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(DATA))
    assert (info.bytes, info.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert b"".join(blobs.read_checked(sessions, info.id)) == DATA


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (5, 5), (CHUNK_BYTES - 1, CHUNK_BYTES + 1), (CHUNK_BYTES, 2 * CHUNK_BYTES), (7, len(DATA))],
)
def test_any_range_of_a_blob_can_be_read(sessions: Sessions, start: int, stop: int) -> None:
    info = blobs.write(sessions, chunks_of(DATA))
    assert b"".join(blobs.read(sessions, info.id, start, stop)) == DATA[start:stop]


def test_an_empty_blob_is_a_blob(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(b""))
    assert b"".join(blobs.read_checked(sessions, info.id)) == b""


def test_a_changed_byte_and_a_lost_chunk_are_told(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(DATA))
    chunk = (BlobChunk.blob_id == info.id, BlobChunk.number == 1)
    with transaction(sessions) as tx:
        tx.execute(update(BlobChunk).where(*chunk).values(data=b"?" * CHUNK_BYTES))
    with pytest.raises(BlobDamaged, match="SHA-256"):
        list(blobs.read_checked(sessions, info.id))
    with transaction(sessions) as tx:
        tx.execute(delete(BlobChunk).where(*chunk))
    with pytest.raises(BlobDamaged, match="lacks its chunk 1"):
        list(blobs.read(sessions, info.id))


def test_only_old_blobs_that_nothing_owns_are_swept(sessions: Sessions) -> None:
    old, new = (blobs.write(sessions, chunks_of(DATA)).id for _ in range(2))
    with transaction(sessions) as tx:
        tx.execute(update(Blob).where(Blob.id == old).values(created_at=Blob.created_at - ORPHAN_MILLISECONDS - 1000))
        blobs.remove_orphans(tx)
    with snapshot(sessions) as tx:
        assert list(tx.scalars(select(Blob.id))) == [new]
        assert tx.scalar(select(func.count()).select_from(BlobChunk)) == 3
