"""Delete many jobs: asked for by their owner, carried out by the scheduler batch by batch."""

from collections.abc import Sequence

from messaging.notifications import publish_change
from store.accounts import audit
from store.accounts.audit import Action, Actor
from store.db.transaction import Tx
from store.ids import DeletionId, JobId, ProjectId
from store.jobs import deletions

SERVICE = Actor(kind="service", name="retention")


def carry_on(tx: Tx, deletion_id: DeletionId, limit: int) -> int:
    """Erase the next jobs of a deletion; return their number."""
    erased = deletions.carry_on(tx, deletion_id, limit)
    _publish(tx, erased.jobs)
    return len(erased.jobs)


def erase_outdated(tx: Tx, project: ProjectId, job_ids: Sequence[JobId]) -> int:
    """Erase jobs whose retention has ended, and record it for the audit log; return their number."""
    erased = deletions.erase(tx, job_ids)
    if erased.jobs:
        audit.record(tx, SERVICE, Action(project=project, operation="erase_jobs"), len(erased.jobs))
    _publish(tx, erased.jobs)
    return len(erased.jobs)


def _publish(tx: Tx, job_ids: Sequence[JobId]) -> None:
    """Let the API processes forget these jobs."""
    for job_id in job_ids:
        publish_change(tx, job_id)
