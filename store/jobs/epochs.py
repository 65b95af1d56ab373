"""The metrics of each epoch of a job."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select

from store.db.transaction import Tx
from store.tables import Epoch


def append(tx: Tx, job_id: str, last: int, reached: int, epochs: Mapping[int, dict[str, Any]]) -> None:
    """Write the metrics of finished epochs, over those of an attempt that got further than its checkpoint.

    `last` is the number that the newest of them has among the job's events; no epoch after `reached` is kept.
    """
    first = min(epochs, default=reached + 1)
    tx.execute(delete(Epoch).where(Epoch.job_id == job_id, Epoch.epoch >= first))
    if not epochs:
        return
    first = last - len(epochs) + 1
    rows = [
        {"job_id": job_id, "epoch": epoch, "number": first + at, "metrics": metrics}
        for at, (epoch, metrics) in enumerate(epochs.items())
    ]
    tx.execute(insert(Epoch), rows)


def thinned(tx: Tx, job_id: str, after: int, max_points: int) -> list[Epoch]:
    """At most `max_points` epochs after `after`, evenly spaced, the newest always among them."""
    chosen = (Epoch.job_id == job_id, Epoch.epoch > after)
    count = tx.scalar(select(func.count()).select_from(Epoch).where(*chosen)) or 0
    stride = max(1, -(-count // max_points))
    newest = select(func.max(Epoch.epoch)).where(*chosen).scalar_subquery()
    query = select(Epoch).where(*chosen, (newest - Epoch.epoch) % stride == 0)
    return list(tx.scalars(query.order_by(Epoch.epoch)))
