"""The metrics of each epoch of a job."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, func, insert, select

from store.db.transaction import Tx
from store.tables import Epoch


def append(tx: Tx, job_id: str, last_event: int, reached: int, epochs: Mapping[int, dict[str, Any]]) -> None:
    """Write the metrics of finished epochs, and delete later ones of an attempt that was lost.

    Args:
        tx: the transaction.
        job_id: the job.
        last_event: the event number of the newest of `epochs`.
        reached: the epoch that the job has reached; no later epoch is kept.
        epochs: metrics by epoch, in ascending order.
    """
    first = min(epochs, default=reached + 1)
    tx.execute(delete(Epoch).where(Epoch.job_id == job_id, Epoch.epoch >= first))
    if not epochs:
        return
    first_event = last_event - len(epochs) + 1
    rows = [
        {"job_id": job_id, "epoch": epoch, "number": number, "metrics": metrics}
        for number, (epoch, metrics) in enumerate(epochs.items(), first_event)
    ]
    tx.execute(insert(Epoch), rows)


def downsampled(tx: Tx, job_id: str, after: int, max_points: int) -> list[Epoch]:
    """At most `max_points` epochs after epoch `after`, evenly spaced; the newest is always one of them."""
    selected = (Epoch.job_id == job_id, Epoch.epoch > after)
    count = tx.scalar(select(func.count()).select_from(Epoch).where(*selected)) or 0
    stride = max(1, -(-count // max_points))
    newest = select(func.max(Epoch.epoch)).where(*selected).scalar_subquery()
    query = select(Epoch).where(*selected, (newest - Epoch.epoch) % stride == 0)
    return list(tx.scalars(query.order_by(Epoch.epoch)))


def with_layer_statistics(tx: Tx, job_id: str, max_points: int) -> list[Epoch]:
    """At most `max_points` of the epochs in which the layers were measured, evenly spaced; always with the newest."""
    measured = (Epoch.job_id == job_id, Epoch.metrics["layers"].as_string().is_not(None))
    numbers = list(tx.scalars(select(Epoch.epoch).where(*measured).order_by(Epoch.epoch.desc())))
    chosen = numbers[:: max(1, -(-len(numbers) // max_points))]
    query = select(Epoch).where(Epoch.job_id == job_id, Epoch.epoch.in_(chosen))
    return list(tx.scalars(query.order_by(Epoch.epoch)))
