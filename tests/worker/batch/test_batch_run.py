"""Batches in a worker: interrupted, canceled, lost and damaged ones."""

import itertools

import pytest
from sqlalchemy import func, select

from service.predictions.loaded_models import LoadedModels
from store.artifacts import blobs, datasets
from store.db.transaction import snapshot, transaction
from store.errors import LeaseLost
from store.ids import JobId
from store.jobs import checkpoints
from store.jobs.leases import Lease
from store.tables import Blob, BlobChunk, Job
from tests.support.worker_fixture import WorkerFixture, stop_after
from worker.attempt.outcomes import Answered, Canceled, Interrupted
from worker.batch.batch_run import BatchRun
from worker.batch.recorder import BatchRecorder
from worker.held_lease import HeldLease

ROWS = 70_000  # two blocks
BLOCK = 65_536


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """SQLite only: what depends on the database is shared with jobs and tested there."""
    return sqlite_url


def queue(worker_fixture: WorkerFixture, rows: int = 60) -> str:
    """Queue a batch of so many rows."""
    small = "x,kind\n" + "".join(f"{number % 7},{'ab'[number % 2]}\n" for number in range(60))
    job = worker_fixture.train(worker_fixture.upload(small), training={"epochs": 1})
    large = worker_fixture.upload("x\n" + "".join(f"{number % 9973}\n" for number in range(rows)))
    return worker_fixture.queue_batch(job.model_id, large)


def attempt(worker_fixture: WorkerFixture, batch: Job, blocks: int = 99, requested: str | None = None) -> BatchRun:
    """Return an attempt to which every moment is ten seconds later, and that drains after some blocks."""
    held_lease = HeldLease(Lease(job_id=JobId(batch.id), fence=batch.fence), 30, requested)
    context = worker_fixture.context(draining=stop_after(blocks))
    clock = itertools.count(step=20).__next__
    recorder = BatchRecorder(context, batch, held_lease, lambda: float(clock()))
    return BatchRun(context, LoadedModels(worker_fixture.sessions), batch, held_lease, recorder)


def count_blobs(worker_fixture: WorkerFixture) -> int:
    with snapshot(worker_fixture.sessions) as tx:
        return tx.scalar(select(func.count()).select_from(Blob)) or 0


def test_an_interrupted_batch_continues_from_its_checkpoint_to_the_same_bytes(worker_fixture: WorkerFixture) -> None:
    batch_id = queue(worker_fixture, ROWS)
    worker_fixture.run_all(draining=stop_after(3))
    returned = worker_fixture.batch(batch_id)  # a worker that stops returns it without a charged attempt
    assert (returned.state, returned.attempt, returned.worker_id) == ("queued", 0, None)
    worker_fixture.run_all()
    undisturbed = worker_fixture.batch(batch_id)
    assert (undisturbed.state, undisturbed.fraction, undisturbed.metrics) == ("succeeded", 1.0, {"rows": ROWS})
    result = worker_fixture.result_of(batch_id)
    assert len(result.splitlines()) == ROWS + 1
    again = worker_fixture.queue_batch(undisturbed.base_model_id, undisturbed.dataset_id)
    batch = worker_fixture.claim()
    outcome = attempt(worker_fixture, batch, blocks=8).predict()
    assert outcome == Interrupted()
    with snapshot(worker_fixture.sessions) as tx:
        newest = checkpoints.blobs_of(tx, JobId(again))[0]
    saved = b"".join(blobs.read_verified(worker_fixture.sessions, newest))
    assert int.from_bytes(saved[:8], "little") == BLOCK
    assert result.startswith(saved[8:])
    assert isinstance(attempt(worker_fixture, batch).predict(), Answered)
    with transaction(worker_fixture.sessions) as tx:  # a damaged checkpoint is not used
        tx.get_one(BlobChunk, (newest, 0)).data = b"damaged"
        tx.get_one(Job, again).lease_until = 0
        tx.get_one(Job, again).state = "queued"
    worker_fixture.run_all()
    assert worker_fixture.result_of(again) == result
    with snapshot(worker_fixture.sessions) as tx:
        assert checkpoints.blobs_of(tx, JobId(again)) == []


def test_a_canceled_or_lost_batch_leaves_no_bytes(worker_fixture: WorkerFixture) -> None:
    batch_id = queue(worker_fixture)
    batch, before = worker_fixture.claim(), count_blobs(worker_fixture)
    assert attempt(worker_fixture, batch, requested="cancel").predict() == Canceled()
    with transaction(worker_fixture.sessions) as tx:
        tx.get_one(Job, batch_id).fence += 1
    with pytest.raises(LeaseLost):
        attempt(worker_fixture, batch).predict()
    assert count_blobs(worker_fixture) == before


def test_a_damaged_data_set_fails_the_batch_with_what_to_do(worker_fixture: WorkerFixture) -> None:
    batch_id = queue(worker_fixture)
    with transaction(worker_fixture.sessions) as tx:
        blob_id = datasets.get_of_job(tx, worker_fixture.batch(batch_id).dataset_id).blob_id
        chunk = tx.get_one(BlobChunk, (blob_id, 0))
        chunk.data = chunk.data[:-1] + bytes([chunk.data[-1] ^ 1])
    worker_fixture.run_all()
    failed = worker_fixture.batch(batch_id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert (failed.error["code"], "upload the data set again" in failed.error["detail"]) == ("dataset_unusable", True)
