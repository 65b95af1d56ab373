"""What happened to each job, numbered in the order of commits: the job's row hands out the numbers.

Epochs are events too. They lie in a table of their own, with numbers from the same row, and are not written twice.
"""

import heapq
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from store.db.transaction import Tx
from store.ids import JobId
from store.tables import Epoch, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """An event as it is read."""

    number: int
    type: str
    data: dict[str, Any]
    at: int


def append(tx: Tx, job_id: str, number: int, kind: str, data: dict[str, Any]) -> None:
    """Write an event under a number that the job's counter was raised to for it."""
    tx.execute(insert(Event).values(job_id=job_id, number=number, type=kind, data=data))


def warnings(tx: Tx, job_id: JobId) -> list[dict[str, Any]]:
    """What a job was warned of while it ran."""
    return list(tx.scalars(select(Event.data).where(Event.job_id == job_id, Event.type == "job.warning")))


def after(tx: Tx, job_id: JobId, number: int, limit: int) -> list[Happened]:
    """The events of a job that follow `number`, oldest first."""
    others = select(Event).where(Event.job_id == job_id, Event.number > number).order_by(Event.number).limit(limit)
    epochs = select(Epoch).where(Epoch.job_id == job_id, Epoch.number > number).order_by(Epoch.number).limit(limit)
    merged = heapq.merge(
        (Happened(number=row.number, type=row.type, data=row.data, at=row.at) for row in tx.scalars(others)),
        (_of_epoch(row) for row in tx.scalars(epochs)),
        key=lambda event: event.number,
    )
    return list(merged)[:limit]


def _of_epoch(row: Epoch) -> Happened:
    return Happened(number=row.number, type="job.epoch", data={"epoch": row.epoch, **row.metrics}, at=row.at)
