"""Whether an unfinished job refers to a data set, a model or uploaded weights."""

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from store.db.transaction import Tx
from store.tables import Job


def is_referenced(tx: Tx, column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], value: str) -> bool:
    """Whether an unfinished job has `value` in an indexed column.

    A transaction that queues a job holds a shared lock on what the job refers to. One that deletes must hold the
    exclusive lock when it calls this, so that no job can be queued in between.
    """
    unfinished = select(Job.id).where(column == value, Job.finished_at.is_(None)).limit(1)
    return tx.scalar(unfinished) is not None
