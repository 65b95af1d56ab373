"""Jobs as their owners see and steer them; what workers do to them is in `leases`."""

from typing import Any

from sqlalchemy import case, func, or_, select, update

from store import events
from store.clock import now, rfc3339
from store.errors import JobFinished, NotFound
from store.events import NewEvent
from store.ids import ProjectId, is_id, new_id
from store.pages import Page, page
from store.tables import Job
from store.transaction import Tx

WAITING = ("queued", "paused")
UNFINISHED = ("queued", "running", "paused")
TERMINAL = ("succeeded", "failed", "canceled")


def create(tx: Tx, project: ProjectId, **columns: Any) -> Job:
    """Insert a queued job and its first event."""
    job = Job(id=new_id("job"), project_id=project, **columns)
    tx.add(job)
    tx.flush()
    return entered(tx, job)


def get(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """The project's job."""
    query = select(Job).where(Job.id == job_id, Job.project_id == project)
    job = tx.scalar(query) if is_id(job_id) else None
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    return job


def page_of(tx: Tx, project: ProjectId, state: str | None, cursor: str | None, limit: int) -> Page[Job]:
    """The project's jobs, newest first."""
    query = select(Job).where(Job.project_id == project)
    return page(tx, query.where(Job.state == state) if state else query, Job.id, cursor, limit)


def jobs_ahead(tx: Tx, job: Job) -> int:
    """How many queued jobs are of higher priority, or of the same and older."""
    first = or_(Job.priority > job.priority, (Job.priority == job.priority) & (Job.id < job.id))
    return tx.scalar(select(func.count()).select_from(Job).where(Job.state == "queued", first)) or 0


def cancel(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Cancel at once what waits; ask it of what runs."""
    get(tx, project, job_id)
    waits = Job.state.in_(WAITING)
    job = tx.scalar(
        update(Job)
        .where(Job.id == job_id, Job.project_id == project, Job.state.in_(UNFINISHED))
        .values(
            state=case((waits, "canceled"), else_=Job.state),
            finished_at=case((waits, now()), else_=None),
            requested=case((waits, None), else_="cancel"),
            version=Job.version + 1,
            updated_at=now(),
        )
        .returning(Job)
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise JobFinished(f"job {job_id} has already ended: it {get(tx, project, job_id).state}")
    return entered(tx, job) if job.state == "canceled" else job


def entered(tx: Tx, job: Job, **data: Any) -> Job:
    """Note in the transaction that changed the job's state that it did: a transition and an event."""
    transition = {"state": job.state, "at": rfc3339(job.updated_at)}
    raised = (
        update(Job)
        .where(Job.id == job.id)
        .values(events=Job.events + 1, transitions=[*job.transitions, transition])
        .returning(Job)
        .execution_options(populate_existing=True)
    )
    job = tx.scalars(raised).one()
    events.append(tx, job.id, job.events, [NewEvent(type=f"job.{job.state}", data={**transition, **data})])
    return job
