"""Whom the scheduler rings for."""

import pytest
import redis

from store import claims, workers
from store.ids import WorkerId
from store.transaction import transaction
from tests.worker.conftest import Bench
from worker.scheduler import Scheduler


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


def test_nobody_is_rung_when_no_job_waits(bench: Bench) -> None:
    with transaction(bench.sessions) as tx:
        workers.seen(tx, WorkerId("wrk_1"), "host", 1, slots=4)
    assert bells(bench) == 0
