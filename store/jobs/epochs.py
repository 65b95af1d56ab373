"""The metrics of each epoch of a job.

The statistics of layers are stored as numbers, with their fields and the labels of the layers once per job.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, or_, select

from store.db.transaction import Tx
from store.tables import Epoch, EpochLayers

LAYERS = "layers"  # the metric that is a list with the statistics of each layer
LABEL = "label"


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
    stored = _compact(tx, job_id, epochs.values())
    rows = [
        {"job_id": job_id, "epoch": epoch, "number": number, **columns}
        for number, (epoch, columns) in enumerate(zip(epochs, stored, strict=True), first_event)
    ]
    tx.execute(insert(Epoch), rows)


def downsampled(tx: Tx, job_id: str, after: int, max_points: int) -> list[Epoch]:
    """At most `max_points` epochs after epoch `after`, evenly spaced; the newest is always one of them."""
    selected = (Epoch.job_id == job_id, Epoch.epoch > after)
    count = tx.scalar(select(func.count()).select_from(Epoch).where(*selected)) or 0
    stride = max(1, -(-count // max_points))
    newest = select(func.max(Epoch.epoch)).where(*selected).scalar_subquery()
    query = select(Epoch).where(*selected, (newest - Epoch.epoch) % stride == 0)
    return with_layers(tx, job_id, tx.scalars(query.order_by(Epoch.epoch)).all())


def with_layer_statistics(tx: Tx, job_id: str, max_points: int) -> list[Epoch]:
    """At most `max_points` of the epochs in which the layers were measured, evenly spaced; always with the newest."""
    is_measured = or_(Epoch.layers.is_not(None), Epoch.metrics[LAYERS].as_string().is_not(None))
    query = select(Epoch.epoch).where(Epoch.job_id == job_id, is_measured).order_by(Epoch.epoch.desc())
    numbers = list(tx.scalars(query))
    chosen = select(Epoch).where(
        Epoch.job_id == job_id, Epoch.epoch.in_(numbers[:: max(1, -(-len(numbers) // max_points))])
    )
    return with_layers(tx, job_id, tx.scalars(chosen.order_by(Epoch.epoch)).all())


def with_layers(tx: Tx, job_id: str, epochs: Sequence[Epoch]) -> list[Epoch]:
    """Return copies of stored epochs with the statistics of their layers among the metrics, as they were recorded."""
    common = tx.get(EpochLayers, job_id) if any(epoch.layers for epoch in epochs) else None
    return [_expanded(epoch, common) if common and epoch.layers else epoch for epoch in epochs]


def _compact(tx: Tx, job_id: str, epochs: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the columns `metrics` and `layers` of each epoch, and store what all epochs have in common."""
    common: EpochLayers | None = None
    for metrics in epochs:
        statistics = metrics.get(LAYERS)
        if statistics:
            common = common or tx.get(EpochLayers, job_id) or _describe(tx, job_id, statistics)
        if statistics and common and _fits(common, statistics):
            others = {name: value for name, value in metrics.items() if name != LAYERS}
            yield {"metrics": others, "layers": [[each[name] for name in common.fields] for each in statistics]}
        else:
            yield {"metrics": metrics, "layers": None}


def _describe(tx: Tx, job_id: str, statistics: Sequence[dict[str, Any]]) -> EpochLayers:
    fields = [name for name in statistics[0] if name != LABEL]
    labels = [each[LABEL] for each in statistics]
    tx.execute(insert(EpochLayers).values(job_id=job_id, fields=fields, labels=labels))
    return EpochLayers(job_id=job_id, fields=fields, labels=labels)


def _fits(common: EpochLayers, statistics: Sequence[dict[str, Any]]) -> bool:
    """Whether the statistics have the common fields and labels. An attempt with another version may have others."""
    names = {LABEL, *common.fields}
    return [each[LABEL] for each in statistics] == common.labels and all(each.keys() == names for each in statistics)


def _expanded(epoch: Epoch, common: EpochLayers) -> Epoch:
    statistics = [
        {LABEL: label, **dict(zip(common.fields, values, strict=True))}
        for label, values in zip(common.labels, epoch.layers or (), strict=True)
    ]
    metrics = {**epoch.metrics, LAYERS: statistics}
    return Epoch(job_id=epoch.job_id, epoch=epoch.epoch, number=epoch.number, metrics=metrics, at=epoch.at)
