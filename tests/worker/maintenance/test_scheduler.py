"""Tests for worker/maintenance/scheduler.py."""

import logging

import pytest
from sqlalchemy import update

from store.artifacts import blobs
from store.db.transaction import snapshot, transaction
from store.tables import Blob, Worker
from tests.support.worker_fixture import WorkerFixture
from worker.maintenance.expired_leases import ExpiredLeases
from worker.maintenance.scheduler import DUTIES, Scheduler


def test_the_first_round_runs_every_duty(worker_fixture: WorkerFixture) -> None:
    orphan = blobs.write(worker_fixture.sessions, [b"orphan"]).id
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Blob).values(created_at=0))
        tx.add(Worker(id="wrk_old", host="host", pid=1, seen_at=0))
    Scheduler(worker_fixture.sessions, worker_fixture.settings).run_due_duties()
    with snapshot(worker_fixture.sessions) as tx:
        assert (tx.get(Blob, orphan), tx.get(Worker, "wrk_old")) == (None, None)


def test_duties_with_an_interval_wait_for_it(worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    for duty in DUTIES:
        monkeypatch.setattr(duty, "run", lambda self: ran.append(type(self).__name__))
    now = [0.0]
    scheduler = Scheduler(worker_fixture.sessions, worker_fixture.settings, clock=lambda: now[0])
    for now[0] in (0.0, 5.0, 599.0, 600.0):
        scheduler.run_due_duties()
    assert (ran.count("ExpiredLeases"), ran.count("StaleWorkers")) == (4, 2)


def test_a_failing_duty_is_logged_and_the_others_run(
    worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: ExpiredLeases) -> None:
        raise OSError("no route to the database")

    monkeypatch.setattr(ExpiredLeases, "run", fail)
    with transaction(worker_fixture.sessions) as tx:
        tx.add(Worker(id="wrk_old", host="host", pid=1, seen_at=0))
    with caplog.at_level(logging.WARNING):
        Scheduler(worker_fixture.sessions, worker_fixture.settings).run_due_duties()
    assert "ExpiredLeases failed and will run again: no route to the database" in caplog.text
    with snapshot(worker_fixture.sessions) as tx:
        assert tx.get(Worker, "wrk_old") is None
