"""Batches of predictions, as their owners see them. They are rows of the jobs table, queued and claimed like jobs."""

from dataclasses import dataclass

from sqlalchemy import select

from store.db.metadata_search import Pairs, created_after, page_with_metadata
from store.db.pages import Page
from store.db.transaction import Lock, Tx
from store.errors import ResultMissing
from store.ids import PREFIXES, ProjectId
from store.jobs import jobs
from store.tables import IS_BATCH, Job, JobMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFilters:
    """What the batches have in common; `created_after` is in milliseconds since 1970."""

    state: str | None = None
    model_id: str | None = None
    created_after: int | None = None
    metadata: Pairs = ()


def get(tx: Tx, project: ProjectId, batch_id: str, lock: Lock | None = None) -> Job:
    """The project's batch. With an exclusive lock, nobody can change it until the transaction ends."""
    return jobs.get(tx, project, batch_id, lock, kind="batch")


def page_of(tx: Tx, project: ProjectId, filters: BatchFilters, cursor: str | None, limit: int) -> Page[Job]:
    """The project's batches that match all filters, newest first."""
    query = select(Job).where(Job.project_id == project, IS_BATCH)
    for column, value in ((Job.state, filters.state), (Job.base_model_id, filters.model_id)):
        query = query if value is None else query.where(column == value)
    query = created_after(query, Job.id, filters.created_after, PREFIXES["batch"])
    return page_with_metadata(tx, query, Job.id, JobMetadata.job_id, project, filters.metadata, cursor, limit)


def cancel(tx: Tx, project: ProjectId, batch_id: str) -> Job:
    """Cancel a queued batch at once; request it of a running one."""
    return jobs.cancel(tx, project, batch_id, kind="batch")


def remove(tx: Tx, project: ProjectId, batch_id: str) -> None:
    """Delete a batch that has ended, with its result."""
    jobs.remove(tx, project, batch_id, kind="batch")


def result_blob(tx: Tx, project: ProjectId, batch_id: str) -> tuple[Job, str]:
    """The batch and the blob of its result. Raises `ResultMissing`."""
    batch = get(tx, project, batch_id)
    if batch.result_blob_id is None:
        ended = "Create a new batch." if batch.finished_at else "Wait until it has succeeded."
        raise ResultMissing(f"Batch {batch_id} has no result: it is {batch.state}. {ended}")
    return batch, batch.result_blob_id
