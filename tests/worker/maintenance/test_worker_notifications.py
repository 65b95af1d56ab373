"""Tests for worker/maintenance/worker_notifications.py."""

import pytest
import redis

from messaging.celery_app import celery_app
from store.db.transaction import transaction
from store.ids import WorkerId
from store.jobs import claims, workers
from store.jobs.workers import WorkerInfo
from tests.support.worker_fixture import WorkerFixture
from worker.maintenance.duty import Resources
from worker.maintenance.worker_notifications import WorkerNotifications


@pytest.fixture
def dataset_id(worker_fixture: WorkerFixture) -> str:
    return worker_fixture.upload()


def add_worker(worker_fixture: WorkerFixture, slots: int) -> None:
    with transaction(worker_fixture.sessions) as tx:
        workers.record_heartbeat(tx, WorkerInfo(id=WorkerId("wrk_1"), host="host", pid=1, slots=slots))


def sent_notifications(worker_fixture: WorkerFixture) -> int:
    """Run the duty and count the messages in the broker."""
    app = celery_app(worker_fixture.settings.broker)
    with redis.Redis.from_url(worker_fixture.settings.redis_url) as broker:
        broker.delete(app.conf.task_default_queue)
        WorkerNotifications(
            Resources(sessions=worker_fixture.sessions, settings=worker_fixture.settings, app=app)
        ).run()
        return int(broker.llen(app.conf.task_default_queue))


def test_each_free_slot_gets_one_notification_while_jobs_are_queued(
    worker_fixture: WorkerFixture, dataset_id: str
) -> None:
    for _ in range(2):
        worker_fixture.queue(dataset_id)
    add_worker(worker_fixture, slots=4)
    assert sent_notifications(worker_fixture) == 4
    with transaction(worker_fixture.sessions) as tx:
        claims.claim(tx, WorkerId("wrk_1"), 30)
    assert sent_notifications(worker_fixture) == 3


def test_notifications_do_not_pile_up_while_all_slots_are_taken(worker_fixture: WorkerFixture, dataset_id: str) -> None:
    for _ in range(40):
        worker_fixture.queue(dataset_id)
    assert sent_notifications(worker_fixture) == 1


def test_a_round_sends_at_most_the_limit(worker_fixture: WorkerFixture, dataset_id: str) -> None:
    worker_fixture.queue(dataset_id)
    add_worker(worker_fixture, slots=1000)
    assert sent_notifications(worker_fixture) == WorkerNotifications.limit


def test_no_notifications_without_queued_jobs(worker_fixture: WorkerFixture) -> None:
    add_worker(worker_fixture, slots=4)
    assert sent_notifications(worker_fixture) == 0
