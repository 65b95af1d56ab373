"""Pages of a project's jobs, narrowed by what is known of them; each condition is met by an index of the project."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, select

from store.db.pages import Page, page
from store.db.transaction import Tx
from store.ids import ProjectId, first_id
from store.tables import Job, JobMetadata

MAX_SKEW_MILLISECONDS = 86_400_000  # between the clock that ids are made by and the database's


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilters:
    """What the listed jobs have in common; times are milliseconds since 1970."""

    state: str | None = None
    created_after: int | None = None
    metadata: tuple[tuple[str, str], ...] = ()


def page_of(tx: Tx, project: ProjectId, sought: JobFilters, cursor: str | None, limit: int) -> Page[Job]:
    """The project's jobs that meet all conditions, newest first."""
    query = select(Job).where(Job.project_id == project)
    if sought.state:
        query = query.where(Job.state == sought.state)
    if sought.created_after is not None:
        oldest = first_id("job", sought.created_after - MAX_SKEW_MILLISECONDS)  # ids sort by time: the walk ends there
        query = query.where(Job.created_at > sought.created_after, Job.id >= oldest)
    if not sought.metadata:
        return page(tx, query, Job.id, cursor, limit)
    return page(tx, _with_metadata(query, project, sought.metadata), JobMetadata.job_id, cursor, limit)


def _with_metadata(query: Select[Job], project: ProjectId, pairs: tuple[tuple[str, str], ...]) -> Select[Job]:
    """Walks over the jobs with the first pair, and keeps those that have the others, too."""
    first, *others = pairs
    query = query.join(JobMetadata, JobMetadata.job_id == Job.id).where(
        JobMetadata.project_id == project, JobMetadata.key == first[0], JobMetadata.value == first[1]
    )
    return query.where(*[_has(*pair) for pair in others])


def _has(key: str, value: str) -> ColumnElement[bool]:
    each = JobMetadata.__table__.alias()
    return exists().where(each.c.job_id == Job.id, each.c.key == key, each.c.value == value)
