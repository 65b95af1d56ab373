"""How a worker comes by a job: one guarded statement that takes the best of the queue."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from store import jobs
from store.clock import now
from store.ids import WorkerId
from store.tables import Job
from store.transaction import Tx


def claim(tx: Tx, worker: WorkerId, lease_seconds: float) -> Job | None:
    """Take the best queued job: by priority, then for the project with the fewest running, then by age."""
    other = aliased(Job)
    running = (
        select(func.count())
        .where(other.project_id == Job.project_id, other.state == "running")
        .correlate(Job)
        .scalar_subquery()
    )
    best = (
        select(Job.id)
        .where(Job.state == "queued")
        .order_by(Job.priority.desc(), running, Job.id)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    taken = (
        update(Job)
        .where(Job.id == best, Job.state == "queued")
        .values(
            state="running",
            worker_id=worker,
            attempt=Job.attempt + 1,
            fence=Job.fence + 1,
            lease_until=now() + int(lease_seconds * 1000),
            started_at=func.coalesce(Job.started_at, now()),
            version=Job.version + 1,
            updated_at=now(),
        )
        .returning(Job)
        .execution_options(populate_existing=True, synchronize_session=False)
    )
    job = tx.scalar(taken)
    return jobs.entered(tx, job, attempt=job.attempt) if job else None
