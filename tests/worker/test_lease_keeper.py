"""Tests for worker/lease_keeper.py and worker/held_lease.py."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from messaging.channels import ACTION_REQUESTED
from store.db.database import Sessions
from store.db.transaction import transaction
from store.errors import LeaseLost
from store.ids import DEFAULT_PROJECT, JobId
from store.jobs import jobs
from store.jobs.leases import Lease
from store.tables import Job
from tests.support.worker_fixture import WorkerFixture, wait_until
from worker.held_lease import HeldLease
from worker.lease_keeper import LeaseKeeper

LEASE = Lease(job_id=JobId("job_1"), fence=1)


def test_a_lease_that_was_renewed_recently_is_held() -> None:
    HeldLease(LEASE, lease_seconds=30, requested=None).check()


def test_a_lease_is_lost_when_the_database_rejected_a_renewal() -> None:
    held_lease = HeldLease(LEASE, lease_seconds=30, requested=None)
    held_lease.lost()
    with pytest.raises(LeaseLost):
        held_lease.check()


def test_a_lease_is_lost_when_two_thirds_of_it_passed_without_renewal() -> None:
    held_lease = HeldLease(LEASE, lease_seconds=0.03, requested=None)
    time.sleep(0.021)
    with pytest.raises(LeaseLost, match="job_1"):
        held_lease.check()


def test_a_renewal_keeps_what_the_owner_requested() -> None:
    held_lease = HeldLease(LEASE, lease_seconds=30, requested=None)
    held_lease.renewed("pause")
    assert held_lease.requested == "pause"


@contextmanager
def holding(worker_fixture: WorkerFixture, keeper: LeaseKeeper | None = None) -> Iterator[tuple[Job, HeldLease]]:
    """Claim a new job and hold its lease."""
    worker_fixture.queue(worker_fixture.upload())
    job = worker_fixture.claim()
    lease = Lease(job_id=JobId(job.id), fence=job.fence)
    with (keeper or worker_fixture.lease_keeper).holding(lease, job.requested) as held_lease:
        yield job, held_lease


def is_renewed(worker_fixture: WorkerFixture, job: Job) -> Callable[[], bool]:
    return lambda: (worker_fixture.job(job.id).lease_until or 0) > (job.lease_until or 0)


def test_the_lease_is_renewed_at_every_heartbeat(worker_fixture: WorkerFixture) -> None:
    with holding(worker_fixture) as (job, _):
        wait_until(is_renewed(worker_fixture, job))


def test_the_lease_is_renewed_while_the_broker_is_down(worker_fixture: WorkerFixture) -> None:
    settings = worker_fixture.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    keeper = LeaseKeeper(worker_fixture.sessions, settings)
    with holding(worker_fixture, keeper) as (job, _):
        wait_until(is_renewed(worker_fixture, job))
    keeper.close()


def test_a_request_is_read_when_it_is_published(worker_fixture: WorkerFixture) -> None:
    settings = worker_fixture.settings.model_copy(update={"heartbeat_seconds": 3600})
    keeper = LeaseKeeper(worker_fixture.sessions, settings)
    with holding(worker_fixture, keeper) as (job, held_lease):
        with transaction(worker_fixture.sessions) as tx:
            jobs.cancel(tx, DEFAULT_PROJECT, job.id)

        def is_read() -> bool:
            worker_fixture.notifier.publish_change(job.id, ACTION_REQUESTED)
            return held_lease.requested == "cancel"

        wait_until(is_read)
    keeper.close()


def test_the_lease_is_lost_when_another_worker_claims_the_job(worker_fixture: WorkerFixture) -> None:
    with holding(worker_fixture) as (_, held_lease):
        with transaction(worker_fixture.sessions) as tx:
            tx.execute(update(Job).values(fence=Job.fence + 1))
        wait_until(lambda: held_lease._is_lost)
        with pytest.raises(LeaseLost):
            held_lease.check()


def test_the_lease_keeper_continues_after_running_out_of_memory(worker_fixture: WorkerFixture) -> None:
    failures = iter([MemoryError(), MemoryError()])

    def sessions() -> Session:
        if failure := next(failures, None):
            raise failure
        return worker_fixture.sessions()

    sessions.kw = worker_fixture.sessions.kw  # type: ignore[attr-defined]  # as Sessions have it
    keeper = LeaseKeeper(cast("Sessions", sessions), worker_fixture.settings)
    with holding(worker_fixture, keeper) as (job, _):
        wait_until(is_renewed(worker_fixture, job))
    keeper.close()
    assert next(failures, None) is None
