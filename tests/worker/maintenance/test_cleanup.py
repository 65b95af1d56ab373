"""Tests for the duties that delete what is no longer needed."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from messaging.celery_app import celery_app
from store.artifacts import blobs, datasets
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, DatasetId
from store.tables import Base, Blob, IdempotencyKey, Worker
from tests.support.worker_fixture import WorkerFixture
from worker.maintenance.duty import Duty, Resources
from worker.maintenance.expired_idempotency_records import ExpiredIdempotencyRecords
from worker.maintenance.orphaned_blobs import OrphanedBlobs
from worker.maintenance.stale_workers import StaleWorkers

Make = Callable[[type[Duty]], Duty]


@pytest.fixture
def make(worker_fixture: WorkerFixture) -> Make:
    """Creates duties with the parts of the worker."""
    settings = worker_fixture.settings
    resources = Resources(sessions=worker_fixture.sessions, settings=settings, app=celery_app(settings.broker))
    return lambda duty: duty(resources)


def count(worker_fixture: WorkerFixture, table: type[Base]) -> int:
    with snapshot(worker_fixture.sessions) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def test_orphaned_blobs_are_deleted_and_used_ones_kept(worker_fixture: WorkerFixture, make: Make) -> None:
    dataset_id = worker_fixture.upload()
    blobs.write(worker_fixture.sessions, [b"orphan"])
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Blob).values(created_at=0))
    make(OrphanedBlobs).run()
    with snapshot(worker_fixture.sessions) as tx:
        assert tx.scalars(select(Blob.id)).all() == [datasets.blob_of(tx, DatasetId(dataset_id))]


def test_orphaned_blobs_are_checked_a_batch_at_a_time(
    worker_fixture: WorkerFixture, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        blobs.write(worker_fixture.sessions, [b"orphan"])
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Blob).values(created_at=0))
    monkeypatch.setattr(OrphanedBlobs, "limit", 2)
    duty = make(OrphanedBlobs)
    left = []
    for _ in range(3):
        duty.run()
        left.append(count(worker_fixture, Blob))
    assert left == [3, 1, 0]


def test_expired_idempotency_records_are_deleted_up_to_the_limit(
    worker_fixture: WorkerFixture, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(worker_fixture.sessions) as tx:
        for number in range(3):
            tx.add(IdempotencyKey(project_id=DEFAULT_PROJECT, key=f"old {number}", request="r", created_at=0))
        tx.add(IdempotencyKey(project_id=DEFAULT_PROJECT, key="recent", request="r"))
    monkeypatch.setattr(ExpiredIdempotencyRecords, "limit", 2)
    duty = make(ExpiredIdempotencyRecords)
    left = []
    for _ in range(3):
        duty.run()
        left.append(count(worker_fixture, IdempotencyKey))
    assert left == [2, 1, 1]


def test_workers_unseen_for_a_day_are_deleted_up_to_the_limit(
    worker_fixture: WorkerFixture, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction(worker_fixture.sessions) as tx:
        for number in range(3):
            tx.add(Worker(id=f"wrk_old_{number}", host="host", pid=1, seen_at=0))
        tx.add(Worker(id="wrk_recent", host="host", pid=1))
    monkeypatch.setattr(StaleWorkers, "limit", 2)
    duty = make(StaleWorkers)
    left = []
    for _ in range(3):
        duty.run()
        left.append(count(worker_fixture, Worker))
    assert left == [2, 1, 1]
