"""Tests for worker/attempt/finishing.py: the database rejects an outcome, or cannot be reached when it is written."""

import threading
from dataclasses import replace

import pytest
from sqlalchemy import make_url, text

from store.db.transaction import transaction
from tests.support.servers import PostgresServer
from tests.support.worker_fixture import WorkerFixture, wait_until

LONG = {"training": {"epochs": 10_000, "batch_size": 8}}
ALWAYS_TOO_LATE = """
CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'late' USING ERRCODE = 'query_canceled'; END $$;
CREATE TRIGGER late BEFORE INSERT ON {} EXECUTE FUNCTION late();
"""


def reject_new_rows(worker_fixture: WorkerFixture, table: str) -> None:
    """Make the database reject every new row of a table."""
    with transaction(worker_fixture.sessions) as tx:
        if tx.get_bind().dialect.name == "sqlite":
            tx.execute(text(f"CREATE TRIGGER no BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"))
        else:
            tx.execute(text(f"ALTER TABLE {table} ADD CONSTRAINT no CHECK (job_id = 'no') NOT VALID"))


@pytest.mark.parametrize("table", ["models", "epochs", "checkpoints"])
def test_a_job_whose_result_is_rejected_fails_and_frees_its_worker(worker_fixture: WorkerFixture, table: str) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), training={"epochs": 3, "checkpoint_every_seconds": 1e-6})
    reject_new_rows(worker_fixture, table)
    worker = worker_fixture.start()
    worker.join(timeout=10)
    job = worker_fixture.job(job_id)
    assert not worker.is_alive()
    assert job.error is not None
    assert (job.state, job.error["code"], job.attempt) == ("failed", "internal", 1)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize(("table", "attempts"), [("blobs", 3), ("models", 1)])
def test_a_job_whose_statements_always_time_out_fails_in_the_end(
    worker_fixture: WorkerFixture, table: str, attempts: int
) -> None:
    settings = worker_fixture.settings.model_copy(update={"lease_seconds": 3})
    worker_fixture = replace(worker_fixture, settings=settings)
    job_id = worker_fixture.queue(worker_fixture.upload(), training={"epochs": 3})
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(text(ALWAYS_TOO_LATE.format(table)))
    worker = worker_fixture.start()
    worker.join(timeout=15)
    job = worker_fixture.job(job_id)
    assert not worker.is_alive()
    assert job.error is not None
    assert (job.state, job.error["code"], job.attempt) == ("failed", "internal", attempts)


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_a_stopping_worker_does_not_wait_for_an_unreachable_database(
    worker_fixture: WorkerFixture, postgres_server: PostgresServer
) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), **LONG)
    stopping = threading.Event()
    worker = worker_fixture.start(stopping.is_set)
    wait_until(lambda: worker_fixture.job(job_id).epoch > 0)
    name = make_url(worker_fixture.settings.database).database
    postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    postgres_server.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
    stopping.set()
    worker.join(timeout=8)
    assert not worker.is_alive()
    postgres_server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert worker_fixture.job(job_id).state == "running"  # until its lease expires
