"""Proofs 3 and 4: workers and schedulers that sleep through what happens, and wake with old ideas."""

import contextlib
import signal
import sqlite3
import threading
import time
from typing import Any

import pytest
from sqlalchemy import select, text

from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import JobId, WorkerId
from store.jobs import claims, leases
from store.jobs.leases import Lease
from store.tables import Job
from tests.support.proof_summary import Note, Size
from tests.support.service_under_test import LEASE_SECONDS, ServiceUnderTest
from tests.support.store import queue_job
from worker.maintenance.lapsed_leases import release_lapsed


@pytest.mark.proof(3, "SIGSTOP past the lease, SIGCONT", "no stale write accepted")
def test_a_worker_that_was_stopped_past_its_lease_writes_nothing(
    service: ServiceUnderTest, note: Note, size: Size
) -> None:
    rounds = size(1, 15)
    service.undisturbed(800)
    for number in range(rounds):
        url = service.queue(800)
        service.wait(lambda url=url: service.is_running(url))  # type: ignore[misc]
        time.sleep(number * 0.037)  # another place in the code each time
        put_to_sleep(service)
        service.begin("second worker")
        (job,) = service.all_end([url])
        assert job["attempt"] == 2
        before = everything(service, url)
        service.signal_trainers(signal.SIGCONT)
        service.wait(lambda url=url: f"Job {url.rpartition('/')[2]}: lease lost" in service.told())  # type: ignore[misc]
        service.expect_undisturbed([job], 800)
        assert everything(service, url) == before
        service.stop("second worker")
    note(f"0 of {rounds} sleepers wrote anything")


@pytest.mark.proof(4, "reconciler paused between read and write", "nothing overwritten")
def test_a_scheduler_that_is_paused_in_the_middle_of_a_round_overwrites_nothing(
    service: ServiceUnderTest, note: Note
) -> None:
    service.undisturbed(800)
    service.stop("scheduler")
    url = service.queue(800)
    service.wait(lambda: service.is_running(url))
    service.arm("scheduler", "lapsed_leases.before_commit", "pause")
    service.begin("scheduler")
    service.wait(lambda: service.happened("scheduler", ["lapsed_leases.before_commit"]))
    if service.database_url.startswith("postgresql"):  # on SQLite the paused scheduler holds everybody's write lock
        service.signal_trainers(signal.SIGKILL)
        time.sleep(LEASE_SECONDS)
    service.release("scheduler", "lapsed_leases.before_commit")
    (job,) = service.all_end([url])
    service.expect_undisturbed([job], 800)
    note(f"{job['attempt']} attempts, 1 success")


def put_to_sleep(service: ServiceUnderTest) -> None:
    """Stop the processes that train; on SQLite outside of a write, which would hold up everybody for good."""
    service.signal_trainers(signal.SIGSTOP)
    while service.database_url.startswith("sqlite") and is_locked(service.database_url.removeprefix("sqlite:///")):
        service.signal_trainers(signal.SIGCONT)
        time.sleep(0.02)
        service.signal_trainers(signal.SIGSTOP)


def is_locked(file: str) -> bool:
    with contextlib.closing(sqlite3.connect(file, timeout=0.3, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def everything(service: ServiceUnderTest, url: str) -> tuple[Any, ...]:
    """All that a worker could write."""
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


@pytest.mark.proof(4, "worker asleep in a transaction (PostgreSQL)", "holds up its own job alone")
def test_a_worker_that_sleeps_in_a_transaction_holds_up_its_own_job_alone(postgres_url: str, note: Note) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    sleeper, _ = claimed(sessions, -1), claimed(sessions, -1)
    with transaction(sessions) as asleep:
        leases.renew(asleep, sleeper, -1)
        began = time.monotonic()
        with transaction(sessions) as tx:
            release_lapsed(tx, 3)
        seconds = time.monotonic() - began
        assert states(sessions) == ["running", "queued"]
    engine.dispose()
    assert seconds < 1
    note(f"the round took {seconds:.2f} s")


@pytest.mark.proof(4, "heartbeat while the reconciler looks", "nothing overwritten")
def test_a_heartbeat_that_comes_while_the_scheduler_looks_keeps_the_job(database_url: str, note: Note) -> None:
    engine = open_database(database_url)
    sessions = open_sessions(engine)
    lease = claimed(sessions, -1)
    thread = threading.Thread(target=reconcile, args=(sessions,))
    with transaction(sessions) as beating:
        leases.renew(beating, lease, 60)
        thread.start()
        time.sleep(0.2)
    thread.join(timeout=15)
    with transaction(sessions) as tx:
        leases.renew(tx, lease, 60)
    assert states(sessions) == ["running"]
    engine.dispose()
    note("the lease holds")


def reconcile(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        release_lapsed(tx, 3)


CLOCK = """
CREATE SCHEMA odd;
CREATE TABLE odd.jump (seconds integer);
INSERT INTO odd.jump VALUES (0);
CREATE FUNCTION odd.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
    AS 'SELECT pg_catalog.clock_timestamp() + make_interval(secs => seconds) FROM odd.jump';
"""


@pytest.mark.proof(14, "the database's clock jumps (PostgreSQL)", "leases follow it, and no other")
def test_leases_are_given_and_judged_by_the_clock_of_the_database_alone(postgres_url: str, note: Note) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    with transaction(sessions) as tx:
        tx.execute(text(CLOCK))
        tx.execute(text(f'ALTER DATABASE "{engine.url.database}" SET search_path = odd, pg_catalog, public'))
    engine.dispose()  # what connects from now on has the odd clock
    jump(sessions, 86_400)
    lease = claimed(sessions, 30)  # until tomorrow
    reconcile(sessions)
    assert states(sessions) == ["running"]
    jump(sessions, 86_400 + 20)
    with transaction(sessions) as tx:
        leases.renew(tx, lease, 30)
    jump(sessions, 86_400 + 40)
    reconcile(sessions)
    assert states(sessions) == ["running"]
    jump(sessions, 86_400 + 60)
    reconcile(sessions)
    assert states(sessions) == ["queued"]
    engine.dispose()
    note("a day and a minute ahead of this machine's clock")


def jump(sessions: Sessions, seconds: int) -> None:
    with transaction(sessions) as tx:
        tx.execute(text("UPDATE odd.jump SET seconds = :seconds"), {"seconds": seconds})
