"""What jobs that have not ended need: their data sets, and the models or weights that they start from."""

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from store.db.transaction import Tx
from store.tables import Job


def is_needed(tx: Tx, column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None], needed_id: str) -> bool:
    """Whether an unfinished job names `needed_id` in a column, which has an index.

    Who queues a job holds what it names with the lock "keep", who deletes asks this under the lock "remove": so no job
    comes in between.
    """
    unfinished = select(Job.id).where(column == needed_id, Job.finished_at.is_(None)).limit(1)
    return tx.scalar(unfinished) is not None
