"""Blobs: reads return what was written, damage is reported, orphans are removed."""

import hashlib
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, func, insert, inspect, select, text, update

from store.artifacts import blobs
from store.artifacts.blobs import CHUNK_BYTES, ORPHAN_MILLISECONDS, chunks_of
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.errors import BlobDamaged, BlobGone
from store.ids import DEFAULT_PROJECT
from store.tables import Blob, BlobChunk, Job, Model
from tests.support.store import query_plan

DATA = bytes(range(256)) * (CHUNK_BYTES // 256) * 2 + b"the end"


def test_blob_of_a_broken_source_is_deleted(sessions: Sessions) -> None:
    def chunks() -> Iterator[bytes]:
        yield from [b"chunk"] * 9  # more than one transaction
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.write(sessions, chunks())
    with snapshot(sessions) as tx:
        assert tx.scalar(select(func.count()).select_from(Blob)) == 0


def test_blob_returns_its_bytes_size_and_hash(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(DATA))
    assert (info.bytes, info.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert b"".join(blobs.read_verified(sessions, info.id)) == DATA


@pytest.mark.parametrize(
    ("start", "stop"),
    [(0, 1), (5, 5), (CHUNK_BYTES - 1, CHUNK_BYTES + 1), (CHUNK_BYTES, 2 * CHUNK_BYTES), (7, len(DATA))],
)
def test_blob_can_be_read_in_ranges(sessions: Sessions, start: int, stop: int) -> None:
    info = blobs.write(sessions, chunks_of(DATA))
    assert b"".join(blobs.read(sessions, info.id, start, stop)) == DATA[start:stop]


def test_empty_blob_can_be_stored(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(b""))
    assert b"".join(blobs.read_verified(sessions, info.id)) == b""


def test_changed_bytes_and_missing_chunks_are_reported(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(DATA))
    chunk = (BlobChunk.blob_id == info.id, BlobChunk.number == 1)
    with transaction(sessions) as tx:
        tx.execute(update(BlobChunk).where(*chunk).values(data=b"?" * CHUNK_BYTES))
    with pytest.raises(BlobDamaged, match="SHA-256"):
        list(blobs.read_verified(sessions, info.id))
    with transaction(sessions) as tx:
        tx.execute(delete(BlobChunk).where(*chunk))
    with pytest.raises(BlobDamaged, match="chunk 1 is missing"):
        list(blobs.read(sessions, info.id))


def test_only_old_blobs_without_references_are_removed(sessions: Sessions) -> None:
    old, new = (blobs.write(sessions, chunks_of(DATA)).id for _ in range(2))
    with transaction(sessions) as tx:
        tx.execute(update(Blob).where(Blob.id == old).values(created_at=Blob.created_at - ORPHAN_MILLISECONDS - 1000))
    assert blobs.remove_orphans(sessions) == ""
    with snapshot(sessions) as tx:
        assert list(tx.scalars(select(Blob.id))) == [new]
        assert tx.scalar(select(func.count()).select_from(BlobChunk)) == 3


def test_reading_a_deleted_blob_raises_blob_gone(sessions: Sessions) -> None:
    info = blobs.write(sessions, chunks_of(DATA))
    rest = blobs.read(sessions, info.id)
    next(rest)
    with transaction(sessions) as tx:
        blobs.remove(tx, [info.id])
    for reading in (rest, blobs.read_verified(sessions, info.id)):
        with pytest.raises(BlobGone):
            list(reading)


MANY = 5_000


@pytest.fixture
def many_jobs(sessions: Sessions) -> list[str]:
    """Jobs that ended long ago, each with a model and its blob; returns three blobs without references."""
    ids = [f"{number:06}" for number in range(MANY)]
    orphans = [f"blb_{number:06}x" for number in (7, 2_500, MANY - 1)]
    job = {"project_id": DEFAULT_PROJECT, "dataset_id": "ds_1", "name": "a job", "state": "succeeded", "epochs": 1}
    made = {"project_id": DEFAULT_PROJECT, "dataset_id": "ds_1", "name": "a model", "architecture": {}, "metrics": {}}
    with transaction(sessions) as tx:
        old = {"bytes": 1, "sha256": "0" * 64, "created_at": 1000}
        tx.execute(insert(Blob), [{"id": f"blb_{at}", **old} for at in ids] + [{"id": at, **old} for at in orphans])
        tx.execute(
            insert(Job), [{"id": f"job_{at}", **job, "spec": {}, "estimate": {}, "finished_at": 1} for at in ids]
        )
        about = {"preprocessing": {}, "parameters": 1, "fingerprint": "", **made}
        of = [{"id": f"mdl_{at}", "job_id": f"job_{at}", "blob_id": f"blb_{at}", **about} for at in ids]
        tx.execute(insert(Model), of)
    with sessions() as session:
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(text("ANALYZE"))
    return orphans


def test_orphans_are_removed_in_batches_by_index_searches(sessions: Sessions, many_jobs: list[str]) -> None:
    with snapshot(sessions) as tx:
        batch = list(tx.scalars(select(Blob.id).limit(blobs.ORPHAN_BATCH)))
        query = select(Blob.id).where(*blobs._orphaned(batch))
        plan = query_plan(tx, query)
    for owner in ("datasets", "weights", "checkpoints", "models", "jobs"):
        assert f"ix_{owner}_" in plan
    steps, after = 1, blobs.remove_orphans(sessions)
    while after:
        steps, after = steps + 1, blobs.remove_orphans(sessions, after)
    assert steps == (MANY + len(many_jobs)) // blobs.ORPHAN_BATCH + 1
    with snapshot(sessions) as tx:
        assert tx.scalar(select(func.count()).select_from(Blob)) == MANY
        assert list(tx.scalars(select(Blob.id).where(Blob.id.in_(many_jobs)))) == []


def test_every_reference_to_blobs_has_an_index(sessions: Sessions) -> None:
    """Deleting a blob checks these foreign keys, each time that a checkpoint is replaced."""
    with snapshot(sessions) as tx:
        indexes = inspect(tx.connection())
        for owner in blobs.OWNERS:
            names = [index["column_names"] for index in indexes.get_indexes(owner.class_.__tablename__)]
            assert [owner.key] in names
