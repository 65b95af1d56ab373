"""Rows for tests of the database, and query plans."""

from typing import Any

from sqlalchemy import Select, text

from store.db.database import Sessions
from store.db.transaction import Tx, transaction
from store.ids import DEFAULT_PROJECT, ProjectId
from store.jobs import jobs
from store.tables import Job


def queue_job(sessions: Sessions, project: ProjectId = DEFAULT_PROJECT, **columns: Any) -> Job:
    """Insert a queued job."""
    defaults = {"dataset_id": "ds_1", "name": "a job", "spec": {}, "estimate": {}, "epochs": 10}
    with transaction(sessions) as tx:
        return jobs.create(tx, project, **{**defaults, **columns})


def query_plan(tx: Tx, query: Select[Any]) -> str:
    """The database's plan for a query; on PostgreSQL, the plan for a large table, which is never read as a whole."""
    dialect = tx.get_bind().dialect
    if dialect.name == "postgresql":
        tx.execute(text("SET LOCAL enable_seqscan = off"))
    statement = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
    return "\n".join(str(tuple(row)) for row in tx.connection().exec_driver_sql(f"{explain} {statement}"))
