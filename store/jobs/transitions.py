"""Record that a job entered a new state."""

from typing import Any

from sqlalchemy import bindparam, update

from store.accounts import metering
from store.accounts.metering import Metric
from store.clock import rfc3339
from store.db.transaction import Tx, call_observer
from store.ids import JobId
from store.jobs import checkpoints, events, queue_position
from store.jobs.states import TERMINAL
from store.tables import Job
from store.webhooks import outbox

ON_TRANSITION = "on_transition"  # the key in `Sessions.info` of a function that is called with each new state

RECORD = (
    update(Job)
    .where(Job.id == bindparam("job"))
    .values(events=Job.events + 1, transitions=bindparam("transitions", type_=Job.transitions.type))
    .returning(Job)
    .execution_options(populate_existing=True, synchronize_session=False)
)
ENDED_METRICS: dict[str, Metric] = {
    "succeeded": "jobs_succeeded",
    "failed": "jobs_failed",
    "canceled": "jobs_canceled",
}


def record_transition(tx: Tx, job: Job, **data: Any) -> Job:
    """Add the job's new state to its transitions and an event, in the transaction that changed the state.

    A job that has ended counts for its project, and needs no checkpoints any more: they are deleted.
    """
    if job.state in TERMINAL:
        checkpoints.remove_older(tx, JobId(job.id), keep=0)
    if job.state in TERMINAL and job.kind == "job":
        metering.count(tx, job.project_id, job.id, ENDED_METRICS[job.state])
    transition = {"state": job.state, "at": rfc3339(job.updated_at)}
    job = tx.scalars(RECORD, {"job": job.id, "transitions": [*job.transitions, transition]}).one()
    announce(tx, job, {**transition, **data})
    return job


def announce(tx: Tx, job: Job, data: dict[str, Any]) -> None:
    """Write the event of the job's new state, and the deliveries to webhooks that it causes."""
    events.append(tx, job.id, job.events, f"{job.kind}.{job.state}", data)
    if job.state != "queued":
        queue_position.forget_queue(tx)
    outbox.add_job_event(tx, job)
    call_observer(tx, ON_TRANSITION, job.state)
