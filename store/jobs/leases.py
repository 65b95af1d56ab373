"""What workers and the scheduler do with running jobs.

A claim raises the fence of a job and gives the worker a lease. Every write of the worker is guarded by that fence: if
the lease was lost and another worker claimed the job, the statement changes nothing and raises `LeaseLost`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Update, case, select, update

from store.accounts import metering
from store.artifacts import blobs, models
from store.clock import now
from store.db.transaction import Tx, call_observer
from store.errors import LeaseLost
from store.ids import JobId
from store.jobs import checkpoints, epochs, events
from store.jobs.transitions import record_transition
from store.tables import IS_RUNNING, Job

ON_LEASE_LOST = "on_lease_lost"  # the key in `Sessions.info` of a function that is called when a worker loses a job
KEPT_CHECKPOINTS = 2  # the newest, and the one before it in case the newest is damaged
UNHELD: dict[str, Any] = {"worker_id": None, "lease_until": None}
ENDED: dict[str, Any] = {"requested": None, "finished_at": now()}
CANCELED: dict[str, Any] = {"state": "canceled", "eta_seconds": None, **UNHELD, **ENDED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write to a job, until another claim raises its fence."""

    job_id: JobId
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of a job since the worker last recorded it."""

    epoch: int
    fraction: float
    eta_seconds: float | None
    metrics: dict[str, Any]
    best: dict[str, Any] | None
    ran_seconds: float  # over all attempts
    cpu_seconds: float = 0.0  # the same
    peak_bytes: int | None = None  # of memory, in this attempt
    epochs: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    warnings: Sequence[dict[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiredLease:
    """A lease that its worker did not renew in time, with what decides whether the job runs again."""

    lease: Lease
    attempt: int
    requested: str | None
    has_budget: bool
    lease_until: int
    recorded_at: int  # when the worker recorded its progress last


def renew(tx: Tx, lease: Lease, lease_seconds: float) -> str | None:
    """Extend the lease; returns the action that the job's owner requested. No visible field of the job changes."""
    renewed = update(Job).where(*_held_under(lease)).values(lease_until=_in(lease_seconds))
    row = tx.execute(renewed.returning(Job.requested)).first()
    if row is None:
        raise _lost(lease)
    requested: str | None = row.requested
    return requested


def record(tx: Tx, lease: Lease, lease_seconds: float, progress: Progress) -> str | None:
    """Write the progress and extend the lease; returns the action that the job's owner requested."""
    _count_cpu_seconds(tx, lease, progress.cpu_seconds)
    recorded = _change(*_held_under(lease)).values(
        lease_until=_in(lease_seconds),
        epoch=progress.epoch,
        fraction=progress.fraction,
        eta_seconds=progress.eta_seconds,
        metrics=progress.metrics,
        best=progress.best,
        ran_seconds=progress.ran_seconds,
        cpu_seconds=case((Job.cpu_seconds < progress.cpu_seconds, progress.cpu_seconds), else_=Job.cpu_seconds),
        peak_bytes=case((Job.peak_bytes > (progress.peak_bytes or 0), Job.peak_bytes), else_=progress.peak_bytes),
        events=Job.events + len(progress.epochs) + len(progress.warnings),
    )
    row = tx.execute(recorded.returning(Job.requested, Job.events)).first()
    if row is None:
        raise _lost(lease)
    epochs.append(tx, lease.job_id, row.events - len(progress.warnings), progress.epoch, progress.epochs)
    if progress.warnings:
        _append_warnings(tx, lease, row.events, progress.warnings)
    requested: str | None = row.requested
    return requested


def record_range_test(tx: Tx, lease: Lease, result: Mapping[str, Any], warnings: Sequence[dict[str, Any]]) -> None:
    """Write the result of the job's range test with an event. Every later attempt uses its learning rate."""
    job = _update_held(tx, lease, range_test=dict(result), events=Job.events + 1 + len(warnings))
    events.append(tx, lease.job_id, job.events - len(warnings), "job.range_test", dict(result))
    if warnings:
        _append_warnings(tx, lease, job.events, warnings)


def add_checkpoint(tx: Tx, lease: Lease, blob_id: str, fingerprint: str) -> None:
    """Make the blob the job's newest checkpoint and delete all but the one before it.

    `fingerprint` is the numeric fingerprint of the worker that computed it.
    """
    checkpoint_id = checkpoints.create(tx, lease.job_id, blob_id, fingerprint)
    _update_held(tx, lease, checkpoint_id=checkpoint_id)
    checkpoints.remove_older(tx, lease.job_id, keep=KEPT_CHECKPOINTS)


def succeed(tx: Tx, lease: Lease, stop_reason: str, model: Mapping[str, Any]) -> Job:
    """End the job with a model. If its owner has canceled it by now, it ends as canceled, without a model."""
    model_id = models.new_model_id()
    done = {"stop_reason": stop_reason, "model_id": model_id, "fraction": 1.0, "eta_seconds": 0.0}
    job = _end(tx, lease, {"state": "succeeded", **done}, model["blob_id"])
    if job.state == "succeeded":
        models.create(tx, model_id, job, model)
    return job


def complete(tx: Tx, lease: Lease, blob_id: str, rows: int) -> Job:
    """End a batch with its result, and count the rows. If its owner has canceled it by now, it ends as canceled."""
    done = {"state": "succeeded", "result_blob_id": blob_id, "fraction": 1.0, "eta_seconds": 0.0}
    batch = _end(tx, lease, done, blob_id)
    if batch.state == "succeeded":
        metering.count(tx, batch.project_id, batch.id, "prediction_rows", rows)
    return batch


def fail(
    tx: Tx, lease: Lease, error: dict[str, Any], stop_reason: str | None = None, weights_blob_id: str | None = None
) -> Job:
    """End the job with an error, and with its last finite weights if it diverged; as canceled if it was canceled."""
    ended = {"error": error, "stop_reason": stop_reason, "weights_blob_id": weights_blob_id}
    return _end(tx, lease, {"state": "failed", "eta_seconds": None, **ended}, weights_blob_id)


def cancel(tx: Tx, lease: Lease) -> Job:
    """End the job as canceled, as its owner requested."""
    return record_transition(tx, _update_held(tx, lease, **CANCELED))


def pause(tx: Tx, lease: Lease) -> Job:
    """Pause the job at its last checkpoint, as requested. A later request of its owner decides instead."""
    return record_transition(tx, _release(tx, lease))


def release(tx: Tx, lease: Lease, *, charged: bool = False) -> Job:
    """Return the job to the queue, or carry out what its owner requested. `charged`: the attempt counts as lost."""
    return record_transition(tx, _release(tx, lease, charged=charged), reason="worker_stopped")


def expired(tx: Tx, limit: int) -> list[ExpiredLease]:
    """Lock at most `limit` running jobs whose leases have expired, and return their leases, the oldest first.

    Jobs that another transaction has locked are skipped: a worker that sleeps in a transaction delays only its own job.
    """
    columns = select(Job.id, Job.fence, Job.attempt, Job.requested, Job.spec, Job.lease_until, Job.updated_at)
    columns = columns.where(IS_RUNNING, Job.lease_until < now())
    rows = tx.execute(columns.order_by(Job.lease_until).limit(limit).with_for_update(skip_locked=True)).all()
    return [
        ExpiredLease(
            lease=Lease(job_id=JobId(row.id), fence=row.fence),
            attempt=row.attempt,
            requested=row.requested,
            has_budget=bool(row.spec.get("budget")),
            lease_until=row.lease_until,
            recorded_at=row.updated_at,
        )
        for row in rows
    ]


def charge_lost(tx: Tx, lease: Lease, cpu_seconds: float) -> None:
    """Count processor time that a lost worker has used without recording it."""
    _count_cpu_seconds(tx, lease, Job.cpu_seconds + cpu_seconds)
    _update_held(tx, lease, cpu_seconds=Job.cpu_seconds + cpu_seconds)


def fail_expired(tx: Tx, lease: Lease, error: dict[str, Any]) -> Job:
    """End the job of a lost worker with an error; as canceled if its owner requested that."""
    call_observer(tx, ON_LEASE_LOST)
    return _end(tx, lease, {"state": "failed", "eta_seconds": None, "error": error}, reason="worker_lost")


def release_expired(tx: Tx, lease: Lease) -> Job:
    """Take the job from a lost worker: it is queued again, paused or canceled, as its owner requested."""
    call_observer(tx, ON_LEASE_LOST)
    return record_transition(tx, _release(tx, lease, charged=True), reason="worker_lost")


def _count_cpu_seconds(tx: Tx, lease: Lease, cpu_seconds: float | ColumnElement[float]) -> None:
    """Count what the job has used since its last record, in the transaction that records the new sum."""
    owner = (Job.id, Job.project_id)
    metering.count_growth(tx, "cpu_seconds", owner, cpu_seconds - Job.cpu_seconds, *_held_under(lease))


def _append_warnings(tx: Tx, lease: Lease, last_event: int, warnings: Sequence[dict[str, Any]]) -> None:
    earlier = tx.scalar(select(Job.warnings).where(Job.id == lease.job_id)) or []
    tx.execute(update(Job).where(Job.id == lease.job_id).values(warnings=[*earlier, *warnings]))
    for number, warning in enumerate(warnings, last_event - len(warnings) + 1):
        events.append(tx, lease.job_id, number, "job.warning", dict(warning))


def _end(tx: Tx, lease: Lease, values: dict[str, Any], blob_id: str | None = None, **data: Any) -> Job:
    """End the job with `values`. If it was canceled by now, end it as canceled and delete the blob of its weights."""
    not_canceled = Job.requested.is_distinct_from("cancel")
    ended = _change(*_held_under(lease), not_canceled).values(**UNHELD, **ENDED, **values)
    job: Job | None = tx.scalar(ended.returning(Job))
    if job is None:
        job = _update_held(tx, lease, **CANCELED)
        blobs.remove(tx, [blob_id] if blob_id else [])
    return record_transition(tx, job, **data)


def _release(tx: Tx, lease: Lease, *, charged: bool = False) -> Job:
    """Release the job, by default without charging the attempt. What its owner requested decides the next state."""
    canceled, paused = Job.requested == "cancel", Job.requested == "pause"
    return _update_held(
        tx,
        lease,
        state=case((canceled, "canceled"), (paused, "paused"), else_="queued"),
        requested=case((canceled | paused, None), else_=Job.requested),
        finished_at=case((canceled, now()), else_=None),
        attempt=Job.attempt if charged else Job.attempt - 1,
        eta_seconds=None,
        **UNHELD,
    )


def _update_held(tx: Tx, lease: Lease, **values: Any) -> Job:
    """Change a job that is still held under `lease`."""
    job: Job | None = tx.scalar(_change(*_held_under(lease)).values(**values).returning(Job))
    if job is None:
        raise _lost(lease)
    return job


def _held_under(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    """The guard of every write: the job is running, under the fence of this lease."""
    return (Job.id == lease.job_id, Job.fence == lease.fence, Job.state == "running")


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"Job {lease.job_id} is no longer held under fence {lease.fence}.")


def _change(*job_filters: ColumnElement[bool]) -> Update:
    """An update of the jobs that match, which raises their version for readers."""
    changed = update(Job).where(*job_filters).values(version=Job.version + 1, updated_at=now())
    return changed.execution_options(populate_existing=True, synchronize_session=False)


def _in(seconds: float) -> ColumnElement[int]:
    return now() + int(seconds * 1000)
