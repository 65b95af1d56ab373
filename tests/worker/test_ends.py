"""How a turn ends when the database refuses its result, or cannot be reached just then."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import make_url, select, text
from sqlalchemy.orm import Session

from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import JobId, WorkerId
from store.jobs import claims
from store.jobs.leases import Lease
from store.tables import Blob
from tabular.table import read_table
from tests.support.servers import PostgresServer
from tests.support.worker_fixture import WorkerFixture
from worker.job.job_run import JobRun
from worker.job.loading import JobLoader, as_file
from worker.job.model_artifacts import finite
from worker.job.outcomes import Succeeded
from worker.job.recorder import Recorder
from worker.lease_keeper import HeldLease, LeaseKeeper

LONG = {"training": {"epochs": 10_000, "batch_size": 8}}


@pytest.fixture
def working(worker_fixture: WorkerFixture) -> Iterator[Callable[..., threading.Thread]]:
    """Starts a worker in a thread, and waits for its end with the test's."""
    threads: list[threading.Thread] = []

    def start(draining: Callable[[], bool] = lambda: False) -> threading.Thread:
        threads.append(threading.Thread(target=worker_fixture.runner(draining).run_all, daemon=True))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(timeout=20)


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def refuse_rows(worker_fixture: WorkerFixture, table: str) -> None:
    """Have the database refuse every new row of a table, whoever writes it and however often."""
    with transaction(worker_fixture.sessions) as tx:
        if tx.get_bind().dialect.name == "sqlite":
            tx.execute(text(f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"))
        else:
            tx.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT no CHECK (job_id = 'no') NOT VALID"))


@pytest.mark.parametrize("table", ["models", "epochs", "checkpoints"])
def test_a_job_whose_result_the_database_refuses_fails_and_frees_its_worker(
    worker_fixture: WorkerFixture, working: Callable[..., threading.Thread], table: str
) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), training={"epochs": 3, "checkpoint_every_seconds": 1e-6})
    refuse_rows(worker_fixture, table)
    worker = working()
    worker.join(timeout=10)
    job = worker_fixture.job(job_id)
    assert not worker.is_alive()
    assert job.error is not None
    assert (job.state, job.error["code"], job.attempt) == ("failed", "internal", 1)


NEVER_IN_TIME = """
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'late' USING ERRCODE = 'query_canceled'; END $$;
CREATE TRIGGER late BEFORE INSERT ON {} EXECUTE FUNCTION late();
"""


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(("table", "attempts"), [("blobs", 3), ("models", 1)])
def test_a_job_that_the_database_never_serves_in_time_does_not_come_back_for_ever(
    worker_fixture: WorkerFixture, table: str, attempts: int
) -> None:
    worker_fixture = replace(worker_fixture, settings=worker_fixture.settings.model_copy(update={"lease_seconds": 3}))
    job_id = worker_fixture.queue(worker_fixture.upload(), training={"epochs": 3})
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(text(NEVER_IN_TIME.format(table)))
    worker = threading.Thread(target=worker_fixture.runner().run_all, daemon=True)
    worker.start()
    worker.join(timeout=15)
    job = worker_fixture.job(job_id)
    assert not worker.is_alive()
    assert job.error is not None
    assert (job.state, job.error["code"], job.attempt) == ("failed", "internal", attempts)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_worker_that_has_to_stop_does_not_wait_for_a_database_that_is_away(
    worker_fixture: WorkerFixture, working: Callable[..., threading.Thread], postgres_server: PostgresServer
) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), **LONG)
    stopping = threading.Event()
    worker = working(stopping.is_set)
    wait_until(lambda: worker_fixture.job(job_id).epoch > 0)
    name = make_url(worker_fixture.settings.database).database
    postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    postgres_server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    stopping.set()
    worker.join(timeout=8)
    assert not worker.is_alive()
    postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert worker_fixture.job(job_id).state == "running"  # until its lease lapses


def test_what_json_has_no_number_for_is_null() -> None:
    found = {"a": float("inf"), "b": [1.5, float("nan")], "c": {"d": (float("-inf"), 2, "e")}}
    assert finite(found) == {"a": None, "b": [1.5, None], "c": {"d": [None, 2, "e"]}}


def test_a_pause_whose_checkpoint_cannot_be_stored_is_tried_once_a_second(
    worker_fixture: WorkerFixture, caplog: pytest.LogCaptureFixture
) -> None:
    worker_fixture.queue(
        worker_fixture.upload(), training={"epochs": 10_000, "batch_size": 8, "max_runtime_seconds": 2.5}
    )
    with transaction(worker_fixture.sessions) as tx:
        job = claims.claim(tx, WorkerId("wrk_test"), 30)
    assert job is not None
    lease = Lease(job_id=JobId(job.id), fence=job.fence)
    held_lease = HeldLease(lease, 30, "pause")
    away = open_sessions(open_database("postgresql://nobody@/none?host=/nowhere"))
    recorder = Recorder(away, worker_fixture.notifier, worker_fixture.settings, job, lease, held_lease)
    turn = JobRun(worker_fixture.sessions, JobLoader(worker_fixture.sessions), job, held_lease, recorder, lambda: False)
    assert isinstance(turn.outcome(), Succeeded)
    tries = [record for record in caplog.records if "checkpoint" in record.message]
    assert 1 <= len(tries) <= 4


def test_a_heart_that_ran_out_of_memory_beats_on(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    with transaction(worker_fixture.sessions) as tx:
        job = claims.claim(tx, WorkerId("wrk_test"), 30)
    assert job is not None
    short_of_memory = iter([True, True])

    def sessions() -> Session:
        if next(short_of_memory, False):
            raise MemoryError
        return worker_fixture.sessions()

    lease_keeper = LeaseKeeper(cast("Sessions", sessions), worker_fixture.settings)
    with lease_keeper.holding(Lease(job_id=JobId(job.id), fence=job.fence), None):
        wait_until(lambda: (worker_fixture.job(job_id).lease_until or 0) > (job.lease_until or 0))
    lease_keeper.close()
    assert next(short_of_memory, None) is None


def test_a_table_on_its_way_to_training_is_in_no_folder(
    worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    worker_fixture.upload()
    with snapshot(worker_fixture.sessions) as tx:
        blob_id = tx.scalars(select(Blob.id)).one()
    (folder := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    with as_file(worker_fixture.sessions, blob_id) as path:
        assert list(folder.iterdir()) == []
        assert read_table(path).rows > 0
