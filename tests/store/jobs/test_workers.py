"""Workers: heartbeats, live workers, free slots, and forgotten workers."""

from sqlalchemy import update

from store.db.database import Sessions
from store.db.transaction import transaction
from store.ids import WorkerId
from store.jobs import workers
from store.jobs.workers import KEEP_MILLISECONDS, WorkerInfo
from store.tables import Worker
from tests.support.store import claim_job, queue_job

ONE = WorkerInfo(id=WorkerId("wrk_1"), host="host", pid=1, slots=3)
TWO = WorkerInfo(id=WorkerId("wrk_2"), host="host", pid=2, slots=4)


def test_heartbeat_keeps_a_worker_alive(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        for worker in (ONE, TWO):
            workers.record_heartbeat(tx, worker)
        tx.flush()
        tx.execute(update(Worker).values(seen_at=Worker.seen_at - 60_000))
        workers.record_heartbeat(tx, ONE)
        tx.flush()
        assert (workers.count_live(tx, 30), workers.count_live(tx, 90)) == (1, 2)
        assert (workers.slots(tx, 30), workers.slots(tx, 90)) == (3, 7)


def test_running_jobs_take_slots(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        workers.record_heartbeat(tx, ONE)
    queue_job(sessions)
    claim_job(sessions)
    with transaction(sessions) as tx:
        assert workers.free_slots(tx, 30) == 2


def test_removed_and_old_workers_are_deleted(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        for worker in (ONE, TWO):
            workers.record_heartbeat(tx, worker)
    with transaction(sessions) as tx:
        workers.remove(tx, ONE.id)
        assert workers.count_live(tx, 30) == 1
        tx.execute(update(Worker).values(seen_at=Worker.seen_at - KEEP_MILLISECONDS - 1000))
        workers.delete_old(tx, limit=10)
        assert workers.slots(tx, 10 * KEEP_MILLISECONDS) == 0
