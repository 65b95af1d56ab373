"""Whom the scheduler rings for."""

import pytest
import redis
from sqlalchemy import select, update

from store.artifacts import blobs, datasets
from store.db.transaction import snapshot, transaction
from store.ids import DatasetId, WorkerId
from store.jobs import claims, workers
from store.tables import Blob, Worker
from tests.worker.conftest import Bench
from worker.maintenance.scheduler import Scheduler


def bells(bench: Bench) -> int:
    """How many the next round rings."""
    with redis.Redis.from_url(bench.settings.redis_url) as broker:
        broker.delete("backprop")
        Scheduler(bench.sessions, bench.settings).round(sweeps=False)
        return int(broker.llen("backprop"))


@pytest.fixture
def dataset_id(bench: Bench) -> str:
    return bench.upload()


def test_while_a_job_waits_each_free_slot_is_rung_for(bench: Bench, dataset_id: str) -> None:
    for _ in range(2):
        bench.queue(dataset_id)
    with transaction(bench.sessions) as tx:
        workers.seen(tx, WorkerId("wrk_1"), "host", 1, slots=4)
    assert bells(bench) == 4
    with transaction(bench.sessions) as tx:
        claims.claim(tx, WorkerId("wrk_1"), 30)
    assert bells(bench) == 3


def test_while_all_slots_are_taken_bells_do_not_pile_up(bench: Bench, dataset_id: str) -> None:
    for _ in range(40):
        bench.queue(dataset_id)
    assert bells(bench) == 1


def test_rounds_clear_away_what_processes_that_died_left(bench: Bench, dataset_id: str) -> None:
    left = blobs.write(bench.sessions, [b"left"]).id
    with transaction(bench.sessions) as tx:
        tx.execute(update(Blob).values(created_at=0))
        tx.add(Worker(id="wrk_old", host="host", pid=1, seen_at=0))
    Scheduler(bench.sessions, bench.settings).round(sweeps=True)
    with snapshot(bench.sessions) as tx:
        assert (tx.get(Blob, left), tx.get(Worker, "wrk_old")) == (None, None)
        assert tx.scalar(select(Blob.id)) == datasets.blob_of(tx, DatasetId(dataset_id))


def test_nobody_is_rung_when_no_job_waits(bench: Bench) -> None:
    with transaction(bench.sessions) as tx:
        workers.seen(tx, WorkerId("wrk_1"), "host", 1, slots=4)
    assert bells(bench) == 0
