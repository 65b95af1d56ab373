"""What the owner of a job does with it: submit, cancel, stop, pause, resume, delete. For workers, see `leases`.

Batches of predictions are queued, canceled and deleted by the same functions; see `store.batches`.

Each action is one guarded statement. A queued or paused job changes at once. A running job belongs to its worker, so
the action is noted in `Job.requested`, which the worker reads at its next heartbeat.
"""

from typing import Any

from sqlalchemy import case, delete, insert, inspect, select, update

from store.accounts import metering
from store.artifacts import blobs, models
from store.clock import now, rfc3339
from store.db.transaction import Lock, Tx
from store.errors import JobFinished, JobUnfinished, NotFound
from store.ids import PREFIXES, JobId, Kind, ProjectId, is_id, kind_of, new_id
from store.jobs import checkpoints
from store.jobs.states import TERMINAL, UNFINISHED, WAITING
from store.jobs.transitions import announce, record_transition
from store.tables import Job, JobMetadata, Model, table_of

CLOCK = select(now())
ADD_JOB = insert(table_of(Job))
ADD_METADATA = insert(table_of(JobMetadata))
NAMES: dict[Kind, str] = {"job": "Job", "batch": "Batch"}
COLUMN_NAMES = {attribute.key: attribute.columns[0].name for attribute in inspect(Job).column_attrs}
JOB_DEFAULTS = {  # of a new job, as its row has them
    "state": "queued",
    "priority": 5,
    "processes": 1,
    "version": 1,
    "attempt": 0,
    "epoch": 0,
    "fraction": 0.0,
    "bit_exact": True,
    "metrics": {},
    "warnings": [],
    "metadata_": {},
}


def create(tx: Tx, project: ProjectId, kind: Kind = "job", **columns: Any) -> Job:
    """Insert a queued job and its first event."""
    at = tx.connection().execute(CLOCK).scalar_one()
    transition = {"state": "queued", "at": rfc3339(at)}
    origin = {"id": new_id(PREFIXES[kind]), "project_id": project, "created_at": at, "updated_at": at}
    row = {**JOB_DEFAULTS, **origin, "events": 1, "transitions": [transition], **columns}
    tx.connection().execute(ADD_JOB, {COLUMN_NAMES[name]: value for name, value in row.items() if value is not None})
    job = Job(**row)  # in no session: nobody changes it, and an insert without the session takes a third of the time
    if job.metadata_:
        pairs = [{"key": key, "value": value} for key, value in job.metadata_.items()]
        tx.connection().execute(ADD_METADATA, [{"job_id": job.id, "project_id": project, **pair} for pair in pairs])
    if kind == "job":
        metering.count(tx, project, job.id, "jobs_created")
    announce(tx, job, transition)
    return job


def probe(tx: Tx) -> None:
    """Read the table of jobs. Raises `OperationalError` if another session keeps it locked."""
    tx.execute(select(Job.id).limit(1))


def get(tx: Tx, project: ProjectId, job_id: str, lock: Lock | None = None, *, kind: Kind = "job") -> Job:
    """The project's job. With an exclusive lock, nobody can change it until the transaction ends."""
    query = select(Job).where(Job.id == job_id, Job.project_id == project)
    if lock is not None:
        query = query.with_for_update(read=lock == "shared")
    job = tx.scalar(query) if _names(job_id, kind) else None
    if job is None:
        raise NotFound(f"{NAMES[kind]} {job_id} not found.")
    return job


def get_ended(tx: Tx, project: ProjectId, job_id: str, *, kind: Kind = "job") -> Job:
    """The project's job, which must have ended."""
    job = get(tx, project, job_id, kind=kind)
    if job.state not in TERMINAL:
        advice = "Cancel it, or wait until it ends."
        raise JobUnfinished(f"{NAMES[kind]} {job_id} has not ended: it is {job.state}. {advice}")
    return job


def cancel(tx: Tx, project: ProjectId, job_id: str, *, kind: Kind = "job") -> Job:
    """Cancel a queued or paused job at once; request it of a running one."""
    waits = Job.state.in_(WAITING)
    return _change(
        tx,
        project,
        job_id,
        kind,
        state=case((waits, "canceled"), else_=Job.state),
        finished_at=case((waits, now()), else_=None),
        requested=case((waits, None), else_="cancel"),
    )


def stop(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Request that a job finishes with its best weights so far. A paused job is queued to do so."""
    return _change(
        tx,
        project,
        job_id,
        state=case((Job.state == "paused", "queued"), else_=Job.state),
        requested=case((Job.requested == "cancel", "cancel"), else_="stop"),
    )


def pause(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Pause a queued job at once; request it of a running one. Nothing changes if a cancel or stop is pending."""
    ends = Job.requested.in_(("cancel", "stop"))
    return _change(
        tx,
        project,
        job_id,
        state=case((ends, Job.state), (Job.state == "queued", "paused"), else_=Job.state),
        requested=case((ends, Job.requested), (Job.state == "running", "pause"), else_=None),
    )


def resume(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Queue a paused job again, or withdraw the requested pause of a running one."""
    return _change(
        tx,
        project,
        job_id,
        state=case((Job.state == "paused", "queued"), else_=Job.state),
        requested=case((Job.requested == "pause", None), else_=Job.requested),
    )


def remove(tx: Tx, project: ProjectId, job_id: str, *, kind: Kind = "job") -> None:
    """Delete a job that has ended with its metrics, events, checkpoints and model, or a batch with its result."""
    job = get_ended(tx, project, job_id, kind=kind)
    blob_ids = checkpoints.blobs_of(tx, JobId(job_id))
    blob_ids += filter(None, (job.weights_blob_id, job.result_blob_id))
    if job.model_id:
        models.remove(tx, project, job.model_id)
    tx.execute(delete(Job).where(Job.id == job_id))
    blobs.remove(tx, blob_ids)


def final_weights_blob(tx: Tx, project: ProjectId, job_id: str) -> str:
    """The blob of the weights with which a job ended."""
    job = get(tx, project, job_id)
    blob_id = job.weights_blob_id or tx.scalar(select(Model.blob_id).where(Model.id == job.model_id))
    if blob_id is None:
        raise NotFound(_no_weights(job))
    return blob_id


def _no_weights(job: Job) -> str:
    if job.state in TERMINAL:
        return f"Job {job.id} has no weights: its state is {job.state}. Submit the job again to train a model."
    advice = "Resume it" if job.state == "paused" else "Wait until it ends, or stop it to keep the best weights so far"
    return f"Job {job.id} has no weights yet: its state is {job.state}. {advice}."


def _names(job_id: str, kind: Kind) -> bool:
    """Whether the id has the form of one of this kind. If not, no query is needed."""
    return is_id(job_id) and kind_of(job_id) == kind


def _change(tx: Tx, project: ProjectId, job_id: str, kind: Kind = "job", **values: Any) -> Job:
    """Change an unfinished job of the project, and record the transition if its state changed."""
    changed = (
        update(Job)
        .where(Job.id == job_id, Job.project_id == project, Job.state.in_(UNFINISHED))
        .values(version=Job.version + 1, updated_at=now(), **values)
        .returning(Job)
        .execution_options(populate_existing=True)
    )
    job = tx.scalar(changed) if _names(job_id, kind) else None
    if job is None:
        state = get(tx, project, job_id, kind=kind).state
        raise JobFinished(f"{NAMES[kind]} {job_id} has already ended: it is {state}.")
    return record_transition(tx, job) if job.transitions[-1]["state"] != job.state else job
