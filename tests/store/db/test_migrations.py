"""Migrations create the schema that the code describes, on both databases."""

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text, update

from store.accounts import idempotency
from store.accounts.idempotency import Answer
from store.artifacts import blobs
from store.db import upgrade
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.schema import needed_version, version_of
from store.db.transaction import snapshot, transaction
from store.db.upgrade import alembic_config
from store.ids import DEFAULT_PROJECT, JobId
from store.jobs import checkpoints, search
from store.jobs.search import JobFilters
from store.tables import Base, Job
from tests.support.store import queue_job


def test_migrations_create_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_migrated_database_has_the_needed_version(database_url: str) -> None:
    migrate(database_url)
    engine = open_database(database_url)
    with snapshot(open_sessions(engine)) as tx:
        assert version_of(tx) == needed_version()
    engine.dispose()


def test_empty_database_has_no_version(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    with snapshot(open_sessions(engine)) as tx:
        assert version_of(tx) is None
    engine.dispose()


def test_migration_0005_clears_checkpoints_and_requests_of_ended_jobs(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    sessions = open_sessions(engine)
    ended, waiting = (queue_job(sessions, requested="stop").id for _ in range(2))
    with transaction(sessions) as tx:
        tx.execute(update(Job).where(Job.id == ended).values(state="failed"))
    for job_id in (ended, waiting):
        blob = blobs.write(sessions, [b"state"])
        with transaction(sessions) as tx:
            checkpoints.create(tx, JobId(job_id), blob.id, "here")
    command.downgrade(alembic_config(sqlite_url), "0004")
    migrate(sqlite_url)
    with snapshot(sessions) as tx:
        kept = {job.id: (job.requested, checkpoints.blobs_of(tx, JobId(job.id)) != []) for job in tx.query(Job)}
    assert kept == {ended: (None, False), waiting: ("stop", True)}
    engine.dispose()


def test_migration_0006_fills_metadata_base_models_and_answers(database_url: str) -> None:
    engine = open_database(database_url)
    sessions = open_sessions(engine)
    about = {"metadata_": {"team": "risk"}, "estimate": {"seconds": {"seconds": 2.5}}, "model_id": "mdl_gone"}
    job = queue_job(sessions, spec={"init_from": {"model_id": "mdl_1"}}, base_model_id="mdl_1", **about)
    answer = Answer(status=201, headers={"Location": "/v1/jobs/job_1"}, body={"id": "job_1"})
    with transaction(sessions) as tx:
        idempotency.begin(tx, DEFAULT_PROJECT, "once", "hash")
        idempotency.store_answer(tx, DEFAULT_PROJECT, "once", answer)
        tx.execute(text("UPDATE idempotency_keys SET headers = NULL"))
    command.downgrade(alembic_config(database_url), "0005")
    with transaction(sessions) as tx:
        tx.execute(text("UPDATE idempotency_keys SET location = '/v1/jobs/job_1'"))
    migrate(database_url)
    with transaction(sessions) as tx:
        page = search.page_of(tx, DEFAULT_PROJECT, JobFilters(metadata=(("team", "risk"),)), None, 1)
        (found,) = page.rows
        assert (found.id, found.base_model_id, found.model_id) == (job.id, "mdl_1", None)
        assert found.expected_seconds == 2.5
        assert idempotency.begin(tx, DEFAULT_PROJECT, "once", "hash") == answer
    engine.dispose()


def test_a_long_migration_says_why_it_takes_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(upgrade, "PATIENCE_SECONDS", 0.0)
    upgrade.upgrade(f"sqlite:///{tmp_path / 'x.sqlite3'}")
    assert capsys.readouterr().err == upgrade.STILL_RUNNING
