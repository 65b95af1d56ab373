"""Tests for worker/registration.py."""

import logging
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from sqlalchemy import select

from service.settings import Settings
from store.db.database import open_database, open_sessions
from store.db.transaction import snapshot
from store.ids import WorkerId
from store.tables import Worker
from tests.support.worker_fixture import wait_until
from worker.broker_watchdog import BrokerWatchdog
from worker.registration import WorkerRegistration

FORKING_PARENT = """
    import os, sys, threading
    from pathlib import Path
    from sqlalchemy import func, select
    from store.db.database import open_database, open_sessions
    from store.ids import WorkerId
    from service.settings import Settings
    from store.tables import Worker
    from store.jobs import workers
    from store.jobs.workers import WorkerInfo
    from store.db.transaction import transaction
    from worker.broker_watchdog import BrokerWatchdog
    from worker.registration import WorkerRegistration

    settings = Settings(data=Path(sys.argv[2]), database_url=sys.argv[1], heartbeat_seconds=0.001)
    registration = WorkerRegistration(settings, WorkerId("wrk_parent"), 1, BrokerWatchdog(1, 60), lambda: 0)
    registration.start()

    def write(name):
        engine = open_database(settings.database)
        with transaction(open_sessions(engine)) as tx:
            workers.record_heartbeat(tx, WorkerInfo(id=WorkerId(name), host="child", pid=os.getpid(), slots=1))
        os._exit(0)

    for number in range(30):
        child = os.fork()
        if child == 0:
            threading.Timer(5, os._exit, [1]).start()
            try:
                write(f"wrk_{number}")
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0, f"child {number} could not write"
    registration.stop()
    with transaction(open_sessions(open_database(settings.database))) as tx:
        print(tx.scalar(select(func.count()).select_from(Worker)))
"""


def test_children_forked_at_any_time_can_write(sqlite_url: str, tmp_path: Path) -> None:
    script = textwrap.dedent(FORKING_PARENT)
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, sqlite_url, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "30\n"), result.stderr


@pytest.fixture
def settings(sqlite_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    return Settings(data=tmp_path, database_url=sqlite_url, redis_url=valkey_url, heartbeat_seconds=0.01)


class Disconnected(BrokerWatchdog):
    """A watchdog that no notification reaches."""

    def is_disconnected(self, *_: object, **__: object) -> bool:
        return True


def registered(settings: Settings) -> list[str]:
    engine = open_database(settings.database)
    with snapshot(open_sessions(engine)) as tx:
        hosts = list(tx.scalars(select(Worker.host)))
    engine.dispose()
    return hosts


def test_a_worker_is_registered_while_it_runs(settings: Settings) -> None:
    registration = WorkerRegistration(settings, WorkerId("wrk_parent"), 1, BrokerWatchdog(1, 60), lambda: 0)
    registration.start()
    wait_until(lambda: len(registered(settings)) == 1)
    registration.stop()
    assert registered(settings) == []


def test_a_disconnected_worker_is_restarted(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    signals: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: signals.append(number))
    registration = WorkerRegistration(settings, WorkerId("wrk_parent"), 1, Disconnected(1, 60), lambda: 0)
    with caplog.at_level(logging.WARNING):
        registration.start()
        wait_until(lambda: bool(signals))
        registration.stop()
    assert signals == [signal.SIGTERM]
    assert "No notification received for 60 s while jobs are queued; restarting the worker." in caplog.text


def test_a_worker_is_not_restarted_while_the_broker_is_down(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    signals: list[int] = []
    monkeypatch.setattr(os, "kill", lambda _pid, number: signals.append(number))
    down = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    watchdog = Disconnected(1, 60)
    registration = WorkerRegistration(down, WorkerId("wrk_parent"), 1, watchdog, lambda: 0)
    created_at = watchdog._received_at
    registration.start()
    wait_until(lambda: watchdog._received_at > created_at)  # the timeout starts again
    registration.stop()
    assert signals == []
