"""Rows for tests of the database, and query plans."""

from typing import Any

from sqlalchemy import Select, insert, text, update

from store.artifacts import models
from store.artifacts.blobs import chunks_of, write
from store.db.database import Sessions
from store.db.transaction import Tx, transaction
from store.ids import DEFAULT_PROJECT, JobId, ProjectId, WorkerId
from store.jobs import claims, jobs
from store.jobs.leases import Lease, Progress
from store.tables import Job, Model

NEW_JOB: dict[str, Any] = {"dataset_id": "ds_1", "name": "a job", "spec": {}, "estimate": {}, "epochs": 10}


def queue_job(sessions: Sessions, project: ProjectId = DEFAULT_PROJECT, **columns: Any) -> Job:
    """Insert a queued job."""
    with transaction(sessions) as tx:
        return jobs.create(tx, project, **{**NEW_JOB, **columns})


def query_plan(tx: Tx, query: Select[Any]) -> str:
    """The database's plan for a query; on PostgreSQL, the plan for a large table, which is never read as a whole."""
    dialect = tx.get_bind().dialect
    if dialect.name == "postgresql":
        tx.execute(text("SET enable_seqscan = off"))
    statement = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN QUERY PLAN" if dialect.name == "sqlite" else "EXPLAIN"
    rows = tx.connection().exec_driver_sql(f"{explain} {statement}").all()
    if dialect.name == "postgresql":
        tx.execute(text("RESET enable_seqscan"))
    return "\n".join(str(tuple(row)) for row in rows)


def claim_job(sessions: Sessions, lease_seconds: float = 30) -> tuple[Job, Lease]:
    """Claim the next job, which must exist."""
    with transaction(sessions) as tx:
        job = claims.claim(tx, WorkerId("wrk_1"), lease_seconds)
    assert job is not None
    return job, Lease(job_id=JobId(job.id), fence=job.fence)


def make_progress(**changes: Any) -> Progress:
    """The progress of a job after its first epoch, with changes."""
    progress: dict[str, Any] = {
        "epoch": 1,
        "fraction": 0.1,
        "eta_seconds": 9.0,
        "metrics": {"train_loss": 0.5},
        "best": None,
        "ran_seconds": 1.0,
    }
    return Progress(**{**progress, **changes})


def finish_job(sessions: Sessions, seconds: float, flops: int = 1000, epochs_done: int = 10) -> None:
    """Insert a job that succeeded after `seconds`, with its model."""
    job = queue_job(sessions, estimate={"flops": flops})
    blob = write(sessions, chunks_of(b"weights"))
    ended = {"started_at": 1000, "claimed_at": 1000, "finished_at": 1000 + int(seconds * 1000), "epoch": epochs_done}
    named = {"dataset_id": "ds_1", "name": "a model", "architecture": {}, "preprocessing": {}, "metrics": {}}
    with transaction(sessions) as tx:
        tx.execute(update(Job).where(Job.id == job.id).values(state="succeeded", **ended))
        about = {"parameters": 1, "fingerprint": "", "blob_id": blob.id, "job_id": job.id}
        tx.execute(insert(Model).values(id=models.new_model_id(), project_id=DEFAULT_PROJECT, **named, **about))
