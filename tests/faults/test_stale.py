"""Proofs 3, 4 and 14: workers and schedulers that are frozen and continue later, and clocks that jump."""

import contextlib
import signal
import threading
import time
from typing import Any

import pytest
from sqlalchemy import select, text

from service.settings import Settings
from store.db.database import Sessions, open_database, open_sessions
from store.db.sqlite import sqlite_driver
from store.db.transaction import snapshot, transaction
from store.ids import JobId, WorkerId
from store.jobs import claims, leases
from store.jobs.leases import Lease
from store.tables import Job
from tests.support.proof_summary import Note, Size
from tests.support.service_under_test import LEASE_SECONDS, ServiceUnderTest
from tests.support.store import queue_job
from worker.maintenance.expired_leases import release_expired


@pytest.mark.proof(3, "SIGSTOP until the lease expired, then SIGCONT", "no stale write is accepted")
def test_a_worker_frozen_beyond_its_lease_writes_nothing(service: ServiceUnderTest, note: Note, size: Size) -> None:
    rounds = size(1, 15)
    service.reference_hash(800)
    for number in range(rounds):
        url = service.submit_job(800)
        service.wait(lambda url=url: service.is_training(url))  # type: ignore[misc]
        time.sleep(number * 0.037)  # freezes at another line of code each time
        freeze_training(service)
        service.start_part("second worker")
        (job,) = service.wait_for_all([url])
        assert job["attempt"] == 2
        before = snapshot_of(service, url)
        service.signal_training_processes(signal.SIGCONT)
        wait_for_lost_lease(service, job["id"])
        service.assert_same_as_reference([job], 800)
        assert snapshot_of(service, url) == before
        service.stop_part("second worker")
    note(f"0 of {rounds} frozen workers wrote anything")


@pytest.mark.proof(4, "scheduler paused in the middle of a round", "nothing is overwritten")
def test_a_scheduler_paused_in_the_middle_of_a_round_overwrites_nothing(service: ServiceUnderTest, note: Note) -> None:
    service.reference_hash(800)
    service.stop_part("scheduler")
    url = service.submit_job(800)
    service.wait(lambda: service.is_training(url))
    service.arm("scheduler", "expired_leases.before_commit", "pause")
    service.start_part("scheduler")
    service.wait(lambda: service.has_fired("scheduler", ["expired_leases.before_commit"]))
    if service.database_url.startswith("postgresql"):  # on SQLite the paused scheduler holds the only write lock
        service.signal_training_processes(signal.SIGKILL)
        time.sleep(LEASE_SECONDS)
    service.release("scheduler", "expired_leases.before_commit")
    (job,) = service.wait_for_all([url])
    service.assert_same_as_reference([job], 800)
    note(f"{job['attempt']} attempts, 1 success")


def wait_for_lost_lease(service: ServiceUnderTest, job_id: str) -> None:
    """Wait until a worker has logged that it lost the lease of this job."""
    service.wait(lambda: any("Lease lost" in line and job_id in line for line in service.log().splitlines()))


def freeze_training(service: ServiceUnderTest) -> None:
    """Freeze the training processes; on SQLite outside a write, which would block all writers forever."""
    service.signal_training_processes(signal.SIGSTOP)
    while service.database_url.startswith("sqlite") and is_locked(service.database_url.removeprefix("sqlite:///")):
        service.signal_training_processes(signal.SIGCONT)
        time.sleep(0.02)
        service.signal_training_processes(signal.SIGSTOP)


def is_locked(file: str) -> bool:
    with contextlib.closing(sqlite_driver().connect(file, timeout=0.3, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite_driver().OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def snapshot_of(service: ServiceUnderTest, url: str) -> tuple[Any, ...]:
    """Return everything that a worker could write."""
    metrics = service.client.get(f"{url}/metrics").json()
    events = service.client.get(f"{url}/events", headers={"Accept": "application/json"}).json()
    return service.job(url), metrics, events


def claimed(sessions: Sessions, lease_seconds: float) -> Lease:
    queue_job(sessions)
    with transaction(sessions) as tx:
        job = claims.claim(tx, WorkerId("wrk_1"), lease_seconds)
    assert job is not None
    return Lease(job_id=JobId(job.id), fence=job.fence)


def states(sessions: Sessions) -> list[str]:
    with snapshot(sessions) as tx:
        return list(tx.scalars(select(Job.state).order_by(Job.id)))


@pytest.mark.proof(4, "worker frozen in a transaction (PostgreSQL)", "delays only its own job")
def test_a_worker_frozen_in_a_transaction_delays_only_its_own_job(postgres_url: str, note: Note) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    frozen, _ = claimed(sessions, -1), claimed(sessions, -1)
    with transaction(sessions) as frozen_tx:
        leases.renew(frozen_tx, frozen, -1)
        began = time.monotonic()
        with transaction(sessions) as tx:
            release_expired(tx, Settings(max_attempts=3))
        seconds = time.monotonic() - began
        assert states(sessions) == ["running", "queued"]
    engine.dispose()
    assert seconds < 1
    note(f"the round took {seconds:.2f} s")


@pytest.mark.proof(4, "heartbeat during a round of the scheduler", "nothing is overwritten")
def test_a_heartbeat_during_a_round_of_the_scheduler_keeps_the_job(database_url: str, note: Note) -> None:
    engine = open_database(database_url)
    sessions = open_sessions(engine)
    lease = claimed(sessions, -1)
    thread = threading.Thread(target=run_round, args=(sessions,))
    with transaction(sessions) as heartbeat:
        leases.renew(heartbeat, lease, 60)
        thread.start()
        time.sleep(0.2)
    thread.join(timeout=15)
    with transaction(sessions) as tx:
        leases.renew(tx, lease, 60)
    assert states(sessions) == ["running"]
    engine.dispose()
    note("the lease is kept")


def run_round(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        release_expired(tx, Settings(max_attempts=3))


CLOCK = """
CREATE SCHEMA shifted;
CREATE TABLE shifted.jump (seconds integer);
INSERT INTO shifted.jump VALUES (0);
CREATE FUNCTION shifted.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + make_interval(secs => seconds) FROM shifted.jump';
"""


@pytest.mark.proof(14, "the clock of the database jumps (PostgreSQL)", "leases follow this clock only")
def test_leases_use_the_clock_of_the_database_only(postgres_url: str, note: Note) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    with transaction(sessions) as tx:
        tx.execute(text(CLOCK))
        tx.execute(text(f'ALTER DATABASE "{engine.url.database}" SET search_path = shifted, pg_catalog, public'))
    engine.dispose()  # later connections use the shifted clock
    jump(sessions, 86_400)
    lease = claimed(sessions, 30)  # until tomorrow
    run_round(sessions)
    assert states(sessions) == ["running"]
    jump(sessions, 86_400 + 20)
    with transaction(sessions) as tx:
        leases.renew(tx, lease, 30)
    jump(sessions, 86_400 + 40)
    run_round(sessions)
    assert states(sessions) == ["running"]
    jump(sessions, 86_400 + 60)
    run_round(sessions)
    assert states(sessions) == ["queued"]
    engine.dispose()
    note("a day and a minute ahead of this machine's clock")


def jump(sessions: Sessions, seconds: int) -> None:
    with transaction(sessions) as tx:
        tx.execute(text("UPDATE shifted.jump SET seconds = :seconds"), {"seconds": seconds})
