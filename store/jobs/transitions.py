"""Record that a job entered a new state."""

from typing import Any

from sqlalchemy import update

from store.clock import rfc3339
from store.db.transaction import Tx
from store.ids import JobId
from store.jobs import checkpoints, events
from store.jobs.states import TERMINAL
from store.tables import Job


def record_transition(tx: Tx, job: Job, **data: Any) -> Job:
    """Add the job's new state to its transitions and an event, in the transaction that changed the state.

    A job that has ended needs no checkpoints any more: they are deleted.
    """
    if job.state in TERMINAL:
        checkpoints.remove_older(tx, JobId(job.id), keep=0)
    transition = {"state": job.state, "at": rfc3339(job.updated_at)}
    recorded = (
        update(Job)
        .where(Job.id == job.id)
        .values(events=Job.events + 1, transitions=[*job.transitions, transition])
        .returning(Job)
        .execution_options(populate_existing=True)
    )
    job = tx.scalars(recorded).one()
    events.append(tx, job.id, job.events, f"job.{job.state}", {**transition, **data})
    return job
