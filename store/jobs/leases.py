"""What workers and the scheduler do to jobs. Each write names the fence that the claim gave, or changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Update, case, func, select, update

from store.artifacts import blobs, models
from store.db.clock import now
from store.db.transaction import Tx
from store.errors import LeaseLost
from store.ids import JobId
from store.jobs import checkpoints, epochs, events, jobs
from store.tables import IS_QUEUED, IS_RUNNING, Job

FREE: dict[str, Any] = {"worker_id": None, "lease_until": None}
OVER: dict[str, Any] = {"requested": None, "finished_at": now()}
CANCELED: dict[str, Any] = {"state": "canceled", "eta_seconds": None, **FREE, **OVER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write to a job, until another claim raises its fence."""

    job_id: JobId
    fence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LapsedLease:
    """A lease that its worker did not renew in time, with what decides whether the job runs again."""

    lease: Lease
    attempt: int
    requested: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a worker has to tell since it last did."""

    epoch: int
    fraction: float
    eta_seconds: float | None
    metrics: dict[str, Any]
    best: dict[str, Any] | None
    ran_seconds: float  # over all attempts
    epochs: Mapping[int, dict[str, Any]] = field(default_factory=dict)
    warnings: Sequence[dict[str, Any]] = ()


def renew(tx: Tx, lease: Lease, lease_seconds: float) -> str | None:
    """Renew the lease; answers what was asked of the job. Nothing that a reader sees changes."""
    held = update(Job).where(*_under(lease)).values(lease_until=_in(lease_seconds))
    renewed = tx.execute(held.returning(Job.requested)).first()
    if renewed is None:
        raise _lost(lease)
    requested: str | None = renewed.requested
    return requested


def record(tx: Tx, lease: Lease, lease_seconds: float, progress: Progress) -> str | None:
    """Write what happened since, and renew the lease; answers what was asked of the job."""
    held = _change(*_under(lease)).values(
        lease_until=_in(lease_seconds),
        epoch=progress.epoch,
        fraction=progress.fraction,
        eta_seconds=progress.eta_seconds,
        metrics=progress.metrics,
        best=progress.best,
        ran_seconds=progress.ran_seconds,
        events=Job.events + len(progress.epochs) + len(progress.warnings),
    )
    row = tx.execute(held.returning(Job.requested, Job.events)).first()
    if row is None:
        raise _lost(lease)
    epochs.append(tx, lease.job_id, row.events - len(progress.warnings), progress.epoch, progress.epochs)
    if progress.warnings:
        _warn(tx, lease, row.events, progress.warnings)
    requested: str | None = row.requested
    return requested


def _warn(tx: Tx, lease: Lease, last: int, warnings: Sequence[dict[str, Any]]) -> None:
    told = tx.scalar(select(Job.warnings).where(Job.id == lease.job_id)) or []
    tx.execute(update(Job).where(Job.id == lease.job_id).values(warnings=[*told, *warnings]))
    for number, warning in enumerate(warnings, last - len(warnings) + 1):
        events.append(tx, lease.job_id, number, "job.warning", dict(warning))


def keep_range_test(tx: Tx, lease: Lease, found: Mapping[str, Any], warnings: Sequence[dict[str, Any]]) -> None:
    """Write what the job's range test found, with an event, so that every later attempt goes by it."""
    job = _held(tx, lease, range_test=dict(found), events=Job.events + 1 + len(warnings))
    events.append(tx, lease.job_id, job.events - len(warnings), "job.range_test", dict(found))
    if warnings:
        _warn(tx, lease, job.events, warnings)


def checkpoint(tx: Tx, lease: Lease, blob_id: str, fingerprint: str) -> None:
    """Make the blob the job's newest checkpoint, and keep the one before it; `fingerprint` names the arithmetic."""
    checkpoint_id = checkpoints.create(tx, lease.job_id, blob_id, fingerprint)
    _held(tx, lease, checkpoint_id=checkpoint_id)
    checkpoints.remove_older(tx, lease.job_id, keep=2)


def succeed(tx: Tx, lease: Lease, stop_reason: str, model: Mapping[str, Any]) -> Job:
    """End the job with a model, in one transaction; without it, as canceled, if its owner asked for that by now."""
    model_id = models.new_model_id()
    done = {"stop_reason": stop_reason, "model_id": model_id, "fraction": 1.0, "eta_seconds": 0.0}
    job = _end(tx, lease, {"state": "succeeded", **done}, weights=model["blob_id"])
    if job.state == "succeeded":
        models.create(tx, model_id, job, model)
    return job


def fail(
    tx: Tx, lease: Lease, error: dict[str, Any], stop_reason: str | None = None, weights_blob_id: str | None = None
) -> Job:
    """End the job with an error, and with the last finite weights if it diverged; or as canceled, if that was asked."""
    ended = {"error": error, "stop_reason": stop_reason, "weights_blob_id": weights_blob_id}
    return _end(tx, lease, {"state": "failed", "eta_seconds": None, **ended}, weights=weights_blob_id)


def fail_lapsed(tx: Tx, lease: Lease, error: dict[str, Any]) -> Job:
    """End a job whose worker was lost with an error; as canceled if its owner requested that."""
    return _end(tx, lease, {"state": "failed", "eta_seconds": None, "error": error}, reason="worker_lost")


def cancel(tx: Tx, lease: Lease) -> Job:
    """End the job as it was asked."""
    return jobs.entered(tx, _held(tx, lease, **CANCELED))


def pause(tx: Tx, lease: Lease) -> Job:
    """Let go of the job at its last checkpoint, as its owner asked; what was asked since decides where it goes."""
    return jobs.entered(tx, _let_go(tx, lease))


def give_back(tx: Tx, lease: Lease, *, charged: bool = False) -> Job:
    """Let go of the job, which is queued again unless more was asked; `charged`: the attempt counts as a lost one."""
    return jobs.entered(tx, _let_go(tx, lease, charged=charged), reason="worker_stopped")


def release_lapsed(tx: Tx, lease: Lease) -> Job:
    """Take the job from a lost worker: it is queued again, paused or canceled, as its owner requested."""
    return jobs.entered(tx, _let_go(tx, lease, charged=True), reason="worker_lost")


def lapsed(tx: Tx, limit: int) -> list[LapsedLease]:
    """Lock at most `limit` running jobs whose leases have lapsed, and return their leases, the oldest first.

    Jobs that another transaction has locked are skipped: a worker that sleeps in a transaction delays only its own job.
    """
    columns = select(Job.id, Job.fence, Job.attempt, Job.requested).where(IS_RUNNING, Job.lease_until < now())
    rows = tx.execute(columns.order_by(Job.lease_until).limit(limit).with_for_update(skip_locked=True)).all()
    return [
        LapsedLease(lease=Lease(job_id=JobId(row.id), fence=row.fence), attempt=row.attempt, requested=row.requested)
        for row in rows
    ]


def longest_wait(tx: Tx) -> float:
    """How many seconds the job that waits longest for a worker has been queued."""
    since = tx.scalar(select(now() - func.min(Job.updated_at)).where(IS_QUEUED))
    return since / 1000 if since is not None else 0.0


def _held(tx: Tx, lease: Lease, **values: Any) -> Job:
    job: Job | None = tx.scalar(_change(*_under(lease)).values(**values).returning(Job))
    if job is None:
        raise _lost(lease)
    return job


def _under(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    """What a job must meet for the holder of `lease` to write to it."""
    return (Job.id == lease.job_id, Job.fence == lease.fence, Job.state == "running")


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"job {lease.job_id} is not held under fence {lease.fence}")


def _end(tx: Tx, lease: Lease, values: dict[str, Any], *, weights: str | None = None, reason: str | None = None) -> Job:
    """End the job as `values` say; if its cancel was accepted by now, as canceled and without the blob `weights`."""
    not_canceled = Job.requested.is_distinct_from("cancel")
    job: Job | None = tx.scalar(_change(*_under(lease), not_canceled).values(**FREE, **OVER, **values).returning(Job))
    if job is None:
        job = _held(tx, lease, **CANCELED)
        blobs.remove(tx, [weights] if weights else [])
    return jobs.entered(tx, job, **({"reason": reason} if reason else {}))


def _let_go(tx: Tx, lease: Lease, *, charged: bool = False) -> Job:
    """Free the job, by default without charging the attempt. Where to is decided by its row, in the same statement."""
    canceled, paused = Job.requested == "cancel", Job.requested == "pause"
    return _held(
        tx,
        lease,
        state=case((canceled, "canceled"), (paused, "paused"), else_="queued"),
        requested=case((canceled | paused, None), else_=Job.requested),
        finished_at=case((canceled, now()), else_=None),
        attempt=Job.attempt if charged else Job.attempt - 1,
        eta_seconds=None,
        **FREE,
    )


def _in(seconds: float) -> ColumnElement[int]:
    return now() + int(seconds * 1000)


def _change(*job_filters: ColumnElement[bool]) -> Update:
    """An update of the jobs that meet all `conditions`, which every reader can see by the version."""
    changed = update(Job).where(*job_filters).values(version=Job.version + 1, updated_at=now())
    return changed.execution_options(populate_existing=True, synchronize_session=False)
