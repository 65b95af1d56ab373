"""Search a project's jobs, page by page. Every filter uses an index of the project."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, select

from store.db.pages import Page, page
from store.db.transaction import Tx
from store.ids import ProjectId, first_id
from store.tables import Job, JobMetadata

MAX_SKEW_MILLISECONDS = 86_400_000  # between the clock of the process that made an id and the database's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilters:
    """What the jobs have in common; `created_after` is in milliseconds since 1970."""

    state: str | None = None
    created_after: int | None = None
    metadata: tuple[tuple[str, str], ...] = ()


def page_of(tx: Tx, project: ProjectId, filters: JobFilters, cursor: str | None, limit: int) -> Page[Job]:
    """The project's jobs that match all filters, newest first."""
    query = select(Job).where(Job.project_id == project)
    if filters.state:
        query = query.where(Job.state == filters.state)
    if filters.created_after is not None:
        # Ids sort by time, so the walk over the index ends at the oldest id that can match.
        oldest = first_id("job", filters.created_after - MAX_SKEW_MILLISECONDS)
        query = query.where(Job.created_at > filters.created_after, Job.id >= oldest)
    if not filters.metadata:
        return page(tx, query, Job.id, cursor, limit)
    return page(tx, _with_metadata(query, project, filters.metadata), JobMetadata.job_id, cursor, limit)


def _with_metadata(query: Select[Job], project: ProjectId, pairs: tuple[tuple[str, str], ...]) -> Select[Job]:
    """Walk over the jobs that have the first pair, and keep those that have the other pairs too."""
    first, *others = pairs
    query = query.join(JobMetadata, JobMetadata.job_id == Job.id).where(
        JobMetadata.project_id == project, JobMetadata.key == first[0], JobMetadata.value == first[1]
    )
    return query.where(*[_has(project, *pair) for pair in others])


def _has(project: ProjectId, key: str, value: str) -> ColumnElement[bool]:
    """Whether a job has this pair. The project lets the database search the index by all columns."""
    each = JobMetadata.__table__.alias()
    return exists().where(
        each.c.project_id == project, each.c.key == key, each.c.value == value, each.c.job_id == JobMetadata.job_id
    )
