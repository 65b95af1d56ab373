"""What happened to each job, numbered without gaps in the order of commits: the job's row hands out the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select

from store.ids import JobId
from store.tables import Event
from store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event about to be written."""

    type: str
    data: dict[str, Any]


def append(tx: Tx, job_id: str, last: int, events: Sequence[NewEvent]) -> None:
    """Write `events`, of which the last gets the number `last`: the job's counter after it was raised for them."""
    first = last - len(events) + 1
    rows = [
        {"job_id": job_id, "number": first + at, "type": event.type, "data": event.data}
        for at, event in enumerate(events)
    ]
    if rows:
        tx.execute(insert(Event), rows)


def after(tx: Tx, job_id: JobId, number: int, limit: int) -> list[Event]:
    """The events of a job that follow `number`, oldest first."""
    query = select(Event).where(Event.job_id == job_id, Event.number > number)
    return list(tx.scalars(query.order_by(Event.number).limit(limit)))
