"""Whether an unfinished job refers to a data set, a model or uploaded weights."""

from sqlalchemy import Exists, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from store.db.transaction import Tx
from store.tables import IS_UNFINISHED, Job

DATASET_COLUMNS = (Job.dataset_id, Job.validation_dataset_id)

Reference = InstrumentedAttribute[str] | InstrumentedAttribute[str | None]


def is_referenced(tx: Tx, column: Reference, value: str) -> bool:
    """Whether an unfinished job has `value` in an indexed column.

    A transaction that queues a job holds a shared lock on what the job refers to. One that deletes must hold the
    exclusive lock when it calls this, so that no job can be queued in between.
    """
    return tx.scalar(unfinished_jobs(column, value)) is not None


def is_dataset_needed(tx: Tx, dataset_id: str) -> bool:
    """Whether an unfinished job trains on a data set or is evaluated on it."""
    return any(is_referenced(tx, column, dataset_id) for column in DATASET_COLUMNS)


def unfinished_jobs(column: Reference, value: str) -> Select[str]:
    """One unfinished job with `value` in `column`."""
    return select(Job.id).where(column == value, IS_UNFINISHED).limit(1)


def needed_by_jobs(column: Reference, key: InstrumentedAttribute[str]) -> Exists:
    """Whether an unfinished job has the value of `key`, a column of the query around this, in `column`."""
    return exists().where(column == key, IS_UNFINISHED)
