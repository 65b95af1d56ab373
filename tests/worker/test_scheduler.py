"""Whom the scheduler rings for."""

import pytest
import redis
from sqlalchemy import select, update

from messaging.celery_app import QUEUE
from store.artifacts import blobs, datasets
from store.db.transaction import snapshot, transaction
from store.ids import DatasetId, WorkerId
from store.jobs import claims, workers
from store.tables import Blob, Worker
from tests.worker.conftest import WorkerFixture
from worker.maintenance.scheduler import Scheduler


def bells(worker_fixture: WorkerFixture) -> int:
    """How many the next round rings."""
    with redis.Redis.from_url(worker_fixture.settings.redis_url) as broker:
        broker.delete(QUEUE)
        Scheduler(worker_fixture.sessions, worker_fixture.settings).round(sweeps=False)
        return int(broker.llen(QUEUE))


@pytest.fixture
def dataset_id(worker_fixture: WorkerFixture) -> str:
    return worker_fixture.upload()


def test_while_a_job_waits_each_free_slot_is_rung_for(worker_fixture: WorkerFixture, dataset_id: str) -> None:
    for _ in range(2):
        worker_fixture.queue(dataset_id)
    with transaction(worker_fixture.sessions) as tx:
        workers.seen(tx, WorkerId("wrk_1"), "host", 1, slots=4)
    assert bells(worker_fixture) == 4
    with transaction(worker_fixture.sessions) as tx:
        claims.claim(tx, WorkerId("wrk_1"), 30)
    assert bells(worker_fixture) == 3


def test_while_all_slots_are_taken_bells_do_not_pile_up(worker_fixture: WorkerFixture, dataset_id: str) -> None:
    for _ in range(40):
        worker_fixture.queue(dataset_id)
    assert bells(worker_fixture) == 1


def test_rounds_clear_away_what_processes_that_died_left(worker_fixture: WorkerFixture, dataset_id: str) -> None:
    left = blobs.write(worker_fixture.sessions, [b"left"]).id
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Blob).values(created_at=0))
        tx.add(Worker(id="wrk_old", host="host", pid=1, seen_at=0))
    Scheduler(worker_fixture.sessions, worker_fixture.settings).round(sweeps=True)
    with snapshot(worker_fixture.sessions) as tx:
        assert (tx.get(Blob, left), tx.get(Worker, "wrk_old")) == (None, None)
        assert tx.scalar(select(Blob.id)) == datasets.blob_of(tx, DatasetId(dataset_id))


def test_nobody_is_rung_when_no_job_waits(worker_fixture: WorkerFixture) -> None:
    with transaction(worker_fixture.sessions) as tx:
        workers.seen(tx, WorkerId("wrk_1"), "host", 1, slots=4)
    assert bells(worker_fixture) == 0
