"""The events of each job, numbered in commit order. The counter is a column of the job's row.

Finished epochs are events too. They are stored once, in the table `epochs`, with numbers from the same counter.
"""

import heapq
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from store.db.transaction import Tx
from store.ids import JobId
from store.jobs.epochs import with_layers
from store.tables import Epoch, Event, table_of

APPEND = insert(table_of(Event))


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """An event as it is read; `at` is in milliseconds since 1970."""

    number: int
    type: str
    data: dict[str, Any]
    at: int


def append(tx: Tx, job_id: str, number: int, kind: str, data: dict[str, Any]) -> None:
    """Insert an event under a number that the caller has reserved by raising the job's counter."""
    tx.connection().execute(APPEND, {"job_id": job_id, "number": number, "type": kind, "data": data})


def warnings(tx: Tx, job_id: JobId) -> list[dict[str, Any]]:
    """The warnings that a job raised while it ran."""
    return list(tx.scalars(select(Event.data).where(Event.job_id == job_id, Event.type == "job.warning")))


def after(tx: Tx, job_id: JobId, number: int, limit: int) -> list[JobEvent]:
    """The events of a job with higher numbers than `number`, oldest first."""
    others = select(Event).where(Event.job_id == job_id, Event.number > number).order_by(Event.number).limit(limit)
    epochs = select(Epoch).where(Epoch.job_id == job_id, Epoch.number > number).order_by(Epoch.number).limit(limit)
    merged = heapq.merge(
        (JobEvent(number=row.number, type=row.type, data=row.data, at=row.at) for row in tx.scalars(others)),
        map(_of_epoch, with_layers(tx, job_id, tx.scalars(epochs).all())),
        key=lambda event: event.number,
    )
    return list(merged)[:limit]


def _of_epoch(row: Epoch) -> JobEvent:
    return JobEvent(number=row.number, type="job.epoch", data={"epoch": row.epoch, **row.metrics}, at=row.at)
