"""Tests for worker/job/recorder.py."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from engine.training.events import BatchEnd
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.errors import LeaseLost
from store.ids import DEFAULT_PROJECT, JobId
from store.jobs import epochs, jobs
from store.jobs.leases import Lease
from store.tables import Blob, Job
from tests.support.worker_fixture import WorkerFixture
from worker.attempt.outcomes import Succeeded
from worker.held_lease import HeldLease
from worker.job.job_run import JobRun
from worker.job.loading import JobLoader
from worker.job.recorder import Recorder

UNREACHABLE = "postgresql://nobody@/none?host=/nowhere"


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def job(worker_fixture: WorkerFixture) -> Job:
    """A claimed job of ten epochs."""
    worker_fixture.queue(worker_fixture.upload(), training={"epochs": 10, "checkpoint_every_seconds": 5})
    return worker_fixture.claim()


def hold(job: Job, requested: str | None = None) -> HeldLease:
    return HeldLease(Lease(job_id=JobId(job.id), fence=job.fence), 30, requested)


def make_recorder(worker_fixture: WorkerFixture, job: Job, clock: Callable[[], float]) -> Recorder:
    return Recorder(worker_fixture.context(), job, hold(job), clock)


def make_unreachable_recorder(worker_fixture: WorkerFixture, job: Job, held_lease: HeldLease) -> Recorder:
    """Create a recorder whose database cannot be reached."""
    return Recorder(
        replace(worker_fixture.context(), sessions=open_sessions(open_database(UNREACHABLE))), job, held_lease
    )


def test_progress_is_written_with_its_epochs(worker_fixture: WorkerFixture, job: Job, clock: Clock) -> None:
    recorder = make_recorder(worker_fixture, job, clock)
    recorder.add_epoch(1, {"train_loss": 0.5}, {"epoch": 1, "train_loss": 0.5}, [])
    recorder.last_batch = BatchEnd(epoch=3, batch=1, batches=2, loss=0.5)
    clock.now = 5.0
    recorder.write_progress()
    stored = worker_fixture.job(job.id)
    assert (stored.epoch, stored.fraction, stored.metrics) == (1, 0.25, {"train_loss": 0.5})
    assert (stored.ran_seconds, stored.eta_seconds) == (5.0, 15.0)
    with snapshot(worker_fixture.sessions) as tx:
        assert [row.epoch for row in epochs.downsampled(tx, job.id, 0, 100)] == [1]


def test_a_record_is_due_after_the_configured_seconds(worker_fixture: WorkerFixture, job: Job, clock: Clock) -> None:
    recorder = make_recorder(worker_fixture, job, clock)
    assert not recorder.is_due
    clock.now = worker_fixture.settings.record_seconds
    assert recorder.is_due
    assert recorder.record_is_due
    recorder.write_progress()
    assert not recorder.record_is_due


def test_a_record_reads_what_the_owner_requested(worker_fixture: WorkerFixture, job: Job, clock: Clock) -> None:
    held_lease = hold(job)
    with transaction(worker_fixture.sessions) as tx:
        jobs.pause(tx, DEFAULT_PROJECT, job.id)
    Recorder(worker_fixture.context(), job, held_lease, clock).write_progress()
    assert held_lease.requested == "pause"


def test_progress_that_cannot_be_written_is_kept_for_the_next_record(worker_fixture: WorkerFixture, job: Job) -> None:
    recorder = make_unreachable_recorder(worker_fixture, job, hold(job))
    recorder.add_epoch(1, {"train_loss": 0.5}, None, [])
    recorder.write_progress()
    recorder._sessions = worker_fixture.sessions
    recorder.write_progress()
    assert worker_fixture.job(job.id).metrics == {"train_loss": 0.5}


def test_slow_checkpoints_are_written_less_often(
    worker_fixture: WorkerFixture, job: Job, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = make_recorder(worker_fixture, job, clock)
    clock.now = 5.0
    assert recorder.checkpoint_is_due

    def store_slowly(_: bytes) -> None:
        clock.now += 1.0

    monkeypatch.setattr(recorder, "_store_checkpoint", store_slowly)
    assert recorder.write_checkpoint([b"state"])
    clock.now = 6.0 + 19.9
    assert not recorder.checkpoint_is_due
    clock.now = 6.0 + 20.0  # one second is 5 % of 20
    assert recorder.checkpoint_is_due


def test_a_checkpoint_of_a_lost_lease_leaves_no_blob(worker_fixture: WorkerFixture, job: Job, clock: Clock) -> None:
    stale = HeldLease(Lease(job_id=JobId(job.id), fence=job.fence - 1), 30, None)
    with snapshot(worker_fixture.sessions) as tx:
        before = tx.scalar(select(func.count()).select_from(Blob))
    with pytest.raises(LeaseLost):
        Recorder(worker_fixture.context(), job, stale, clock).write_checkpoint([b"state"])
    with snapshot(worker_fixture.sessions) as tx:
        assert tx.scalar(select(func.count()).select_from(Blob)) == before


def test_a_pause_whose_checkpoint_fails_is_retried_once_a_second(
    worker_fixture: WorkerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    training = {"epochs": 10_000, "batch_size": 8, "max_runtime_seconds": 2.5}
    worker_fixture.queue(worker_fixture.upload(), training=training)
    job = worker_fixture.claim()
    held_lease = hold(job, "pause")
    recorder = make_unreachable_recorder(worker_fixture, job, held_lease)
    loaded = JobLoader(worker_fixture.sessions).load(job)
    assert isinstance(JobRun(worker_fixture.context(), job, held_lease, recorder).train(loaded), Succeeded)
    tries = [record for record in caplog.records if "checkpoint" in record.message]
    assert 1 <= len(tries) <= 4
