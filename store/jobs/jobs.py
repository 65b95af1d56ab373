"""Jobs as their owners see and steer them; what workers do to them is in `leases`."""

from typing import Any

from sqlalchemy import case, delete, insert, select, update

from store.artifacts import blobs, models
from store.db.clock import now, rfc3339
from store.db.transaction import Tx
from store.errors import JobFinished, JobUnfinished, NotFound
from store.ids import JobId, ProjectId, is_id, new_id
from store.jobs import checkpoints, events
from store.tables import Checkpoint, Job, JobMetadata, Model

WAITING = ("queued", "paused")
UNFINISHED = ("queued", "running", "paused")
TERMINAL = ("succeeded", "failed", "canceled")


def create(tx: Tx, project: ProjectId, **columns: Any) -> Job:
    """Insert a queued job and its first event."""
    job = Job(id=new_id("job"), project_id=project, **columns)
    tx.add(job)
    tx.flush()
    if job.metadata_:
        pairs = [{"key": key, "value": value} for key, value in job.metadata_.items()]
        tx.execute(insert(JobMetadata), [{"job_id": job.id, "project_id": project, **pair} for pair in pairs])
    return entered(tx, job)


def get(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """The project's job."""
    query = select(Job).where(Job.id == job_id, Job.project_id == project)
    job = tx.scalar(query) if is_id(job_id) else None
    if job is None:
        raise NotFound(f"there is no job {job_id}")
    return job


def cancel(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Cancel at once what waits; ask it of what runs."""
    waits = Job.state.in_(WAITING)
    return _asked(
        tx,
        project,
        job_id,
        state=case((waits, "canceled"), else_=Job.state),
        finished_at=case((waits, now()), else_=None),
        requested=case((waits, None), else_="cancel"),
    )


def stop(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Ask a job to finish with the best weights so far; a paused one is queued for that."""
    return _asked(
        tx,
        project,
        job_id,
        state=case((Job.state == "paused", "queued"), else_=Job.state),
        requested=case((Job.requested == "cancel", "cancel"), else_="stop"),
    )


def pause(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Pause at once what is queued; ask it of what runs; neither if the job's end was asked for already."""
    ends = Job.requested.in_(("cancel", "stop"))
    return _asked(
        tx,
        project,
        job_id,
        state=case((ends, Job.state), (Job.state == "queued", "paused"), else_=Job.state),
        requested=case((ends, Job.requested), (Job.state == "running", "pause"), else_=None),
    )


def resume(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Queue a paused job again, or take back that a running one was to be paused."""
    return _asked(
        tx,
        project,
        job_id,
        state=case((Job.state == "paused", "queued"), else_=Job.state),
        requested=case((Job.requested == "pause", None), else_=Job.requested),
    )


def ended(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """The project's job, which must have ended."""
    job = get(tx, project, job_id)
    if job.state not in TERMINAL:
        raise JobUnfinished(f"job {job_id} has not ended: it is {job.state}")
    return job


def weights_blob(tx: Tx, project: ProjectId, job_id: str) -> str:
    """The blob of the weights that a job ended with."""
    job = get(tx, project, job_id)
    blob_id = job.weights_blob_id or tx.scalar(select(Model.blob_id).where(Model.id == job.model_id))
    if blob_id is None:
        raise NotFound(f"job {job_id} has no weights: it {job.state}")
    return blob_id


def remove(tx: Tx, project: ProjectId, job_id: str) -> None:
    """Erase a job that has ended, with all that it left: metrics, events, checkpoints and its model."""
    job = ended(tx, project, job_id)
    left = list(tx.scalars(select(Checkpoint.blob_id).where(Checkpoint.job_id == job_id)))
    left += [job.weights_blob_id] if job.weights_blob_id else []
    if job.model_id:
        models.remove(tx, project, job.model_id)
    tx.execute(delete(Job).where(Job.id == job_id))
    blobs.remove(tx, left)


def _asked(tx: Tx, project: ProjectId, job_id: str, **values: Any) -> Job:
    """Change an unfinished job as its owner asked, and note a new state if that made one."""
    changed = (
        update(Job)
        .where(Job.id == job_id, Job.project_id == project, Job.state.in_(UNFINISHED))
        .values(version=Job.version + 1, updated_at=now(), **values)
        .returning(Job)
        .execution_options(populate_existing=True)
    )
    job = tx.scalar(changed) if is_id(job_id) else None
    if job is None:
        raise JobFinished(f"job {job_id} has already ended: it {get(tx, project, job_id).state}")
    return entered(tx, job) if job.transitions[-1]["state"] != job.state else job


def entered(tx: Tx, job: Job, **data: Any) -> Job:
    """Note in the transaction that changed the job's state that it did: a transition and an event.

    A job that has ended needs its checkpoints no more.
    """
    if job.state in TERMINAL:
        checkpoints.remove_older(tx, JobId(job.id), keep=0)
    transition = {"state": job.state, "at": rfc3339(job.updated_at)}
    raised = (
        update(Job)
        .where(Job.id == job.id)
        .values(events=Job.events + 1, transitions=[*job.transitions, transition])
        .returning(Job)
        .execution_options(populate_existing=True)
    )
    job = tx.scalars(raised).one()
    events.append(tx, job.id, job.events, f"job.{job.state}", {**transition, **data})
    return job
