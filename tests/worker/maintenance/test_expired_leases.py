"""Tests for worker/maintenance/expired_leases.py; tests/store/jobs/test_leases.py covers the states that it leaves."""

import redis
from sqlalchemy import select

from messaging.channels import JOB_CHANGED, channel
from service.settings import Settings
from store.db.transaction import snapshot, transaction
from store.ids import WorkerId
from store.jobs import claims
from store.tables import Job
from tests.support.worker_fixture import WorkerFixture
from worker.maintenance.expired_leases import release_expired


def test_releases_at_most_the_limit_of_jobs_oldest_lease_first(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    for lease_seconds in (-1, -30, -10):
        worker_fixture.queue(dataset_id)
        with transaction(worker_fixture.sessions) as tx:
            claims.claim(tx, WorkerId("wrk_lost"), lease_seconds)
    with transaction(worker_fixture.sessions) as tx:
        release_expired(tx, Settings(max_attempts=3), limit=2)
    with snapshot(worker_fixture.sessions) as tx:
        assert tx.scalars(select(Job.state).order_by(Job.id)).all() == ["running", "queued", "queued"]


def test_job_that_lost_too_many_workers_fails(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    states = []
    for _ in range(3):
        with transaction(worker_fixture.sessions) as tx:
            claims.claim(tx, WorkerId("wrk_lost"), lease_seconds=-1)
            release_expired(tx, Settings(max_attempts=3))
            states.append(tx.scalar(select(Job.state).where(Job.id == job_id)))
    assert states == ["queued", "queued", "failed"]
    with snapshot(worker_fixture.sessions) as tx:
        job = tx.get_one(Job, job_id)
        assert job.error is not None
        assert (job.error["code"], job.finished_at is not None) == ("worker_lost", True)


def test_the_change_of_a_released_job_is_published(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    worker_fixture.claim(lease_seconds=-1)
    with redis.Redis.from_url(worker_fixture.settings.redis_url) as client, client.pubsub() as pubsub:
        pubsub.subscribe(channel(job_id))
        assert pubsub.get_message(timeout=5) is not None  # the confirmation
        with transaction(worker_fixture.sessions) as tx:
            release_expired(tx, Settings(max_attempts=3))
        message = pubsub.get_message(timeout=5)
    assert message is not None
    assert message["data"] == JOB_CHANGED
