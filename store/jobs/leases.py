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

WORKER_LOST = {
    "code": "worker_lost",
    "detail": "the workers that ran this job died one after the other; it may ask for more memory than they have",
}
FREE: dict[str, Any] = {"worker_id": None, "lease_until": None}
OVER: dict[str, Any] = {"requested": None, "finished_at": now()}
CANCELED: dict[str, Any] = {"state": "canceled", "eta_seconds": None, **FREE, **OVER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write to a job, until another claim raises its fence."""

    job_id: JobId
    fence: int


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
    job = _end(tx, lease, model["blob_id"], state="succeeded", **done)
    if job.state == "succeeded":
        models.create(tx, model_id, job, model)
    return job


def fail(
    tx: Tx, lease: Lease, error: dict[str, Any], stop_reason: str | None = None, weights_blob_id: str | None = None
) -> Job:
    """End the job with an error, and with the last finite weights if it diverged; or as canceled, if that was asked."""
    ended = {"error": error, "stop_reason": stop_reason, "weights_blob_id": weights_blob_id}
    return _end(tx, lease, weights_blob_id, state="failed", eta_seconds=None, **ended)


def cancel(tx: Tx, lease: Lease) -> Job:
    """End the job as it was asked."""
    return jobs.entered(tx, _held(tx, lease, **CANCELED))


def pause(tx: Tx, lease: Lease) -> Job:
    """Let go of the job at its last checkpoint, as its owner asked; what was asked since decides where it goes."""
    return jobs.entered(tx, _let_go(tx, lease))


def give_back(tx: Tx, lease: Lease, *, charged: bool = False) -> Job:
    """Let go of the job, which is queued again unless more was asked; `charged`: the attempt counts as a lost one."""
    return jobs.entered(tx, _let_go(tx, lease, charged=charged), reason="worker_stopped")


def end_or_requeue_lapsed(tx: Tx, max_attempts: int) -> None:
    """Take the jobs from workers that fell silent: cancel, pause, fail or queue them again."""
    _take_lapsed(tx, Job.requested == "cancel", **CANCELED)
    _take_lapsed(tx, Job.requested == "pause", state="paused", requested=None)
    _take_lapsed(tx, Job.attempt >= max_attempts, state="failed", error=WORKER_LOST, **OVER)
    _take_lapsed(tx, state="queued")


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


def _take_lapsed(tx: Tx, *job_filters: ColumnElement[bool], **values: Any) -> None:
    found = select(Job.id).where(IS_RUNNING, Job.lease_until < now(), *job_filters)
    free = found.with_for_update(skip_locked=True)  # a worker that sleeps in a transaction holds up its own job alone
    lapsed = _change(Job.id.in_(free), Job.state == "running", Job.lease_until < now(), *job_filters)
    taken = tx.scalars(lapsed.values(**{"eta_seconds": None, **FREE, **values}).returning(Job))
    for job in taken.all():
        jobs.entered(tx, job, reason="worker_lost")


def _end(tx: Tx, lease: Lease, weights: str | None, **values: Any) -> Job:
    """End the job as `values` say; if its cancel was accepted by now, as canceled and without the blob `weights`."""
    not_canceled = Job.requested.is_distinct_from("cancel")
    job: Job | None = tx.scalar(_change(*_under(lease), not_canceled).values(**FREE, **OVER, **values).returning(Job))
    if job is None:
        job = _held(tx, lease, **CANCELED)
        blobs.remove(tx, [weights] if weights else [])
    return jobs.entered(tx, job)


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
