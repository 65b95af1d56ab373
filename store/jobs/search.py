"""Search a project's jobs, page by page. Every filter uses an index of the project."""

from dataclasses import dataclass

from sqlalchemy import select

from store.db.metadata_search import Pairs, created_after, page_with_metadata
from store.db.pages import Page
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import IS_JOB, Job, JobMetadata


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilters:
    """What the jobs have in common; `created_after` is in milliseconds since 1970."""

    state: str | None = None
    created_after: int | None = None
    metadata: Pairs = ()


def page_of(tx: Tx, project: ProjectId, filters: JobFilters, cursor: str | None, limit: int) -> Page[Job]:
    """The project's jobs that match all filters, newest first."""
    query = select(Job).where(Job.project_id == project, IS_JOB)
    if filters.state:
        query = query.where(Job.state == filters.state)
    query = created_after(query, Job.id, filters.created_after)
    return page_with_metadata(tx, query, Job.id, JobMetadata.job_id, project, filters.metadata, cursor, limit)
