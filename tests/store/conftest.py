"""A database for each test, once on SQLite and once on PostgreSQL, and rows to begin with."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Select, text

from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import Tx, transaction
from store.ids import DEFAULT_PROJECT, ProjectId
from store.jobs import jobs
from store.tables import Job, Project


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    """Transactions on an empty, migrated database."""
    engine = open_database(database_url)
    yield open_sessions(engine)
    engine.dispose()


@pytest.fixture
def other_project(sessions: Sessions) -> ProjectId:
    """A project besides the default one."""
    with transaction(sessions) as tx:
        tx.add(Project(id="prj_other", name="other"))
    return ProjectId("prj_other")


def queue_job(sessions: Sessions, project: ProjectId = DEFAULT_PROJECT, **columns: Any) -> Job:
    """A queued job."""
    defaults = {"dataset_id": "ds_1", "name": "a job", "spec": {}, "estimate": {}, "epochs": 10}
    with transaction(sessions) as tx:
        return jobs.create(tx, project, **{**defaults, **columns})


def explained(tx: Tx, query: Select[Any]) -> str:
    """How the database goes about a query; PostgreSQL, which would read a small table as a whole, about a large one."""
    dialect = tx.get_bind().dialect
    if dialect.name == "postgresql":
        tx.execute(text("SET LOCAL enable_seqscan = off"))
    statement = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    how = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(tuple(row)) for row in tx.connection().exec_driver_sql(f"{how} {statement}"))
