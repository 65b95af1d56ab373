"""Estimate how long jobs take from the jobs that succeeded last."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Float, case, cast, func, select

from store.db.transaction import Tx
from store.tables import Job, Model

MAX_RECENT = 50  # completed runs that are read
MAX_SIMILAR = 10  # of those, the nearest in size, from which the duration of a new job is estimated
UNINTERRUPTED_MILLISECONDS = 1000  # started and last claimed within this time: the job ran in one attempt

RECENT_RUNS = (
    select(Job.estimate, Job.epoch, Job.epochs, Job.claimed_at, Job.finished_at)
    .join(Model, Model.job_id == Job.id)
    .where(Job.claimed_at - Job.started_at < UNINTERRUPTED_MILLISECONDS)
    .order_by(Model.id.desc())
    .limit(MAX_RECENT)
)
_TAKEN = RECENT_RUNS.with_only_columns((Job.finished_at - Job.claimed_at).label("milliseconds")).subquery().c
_MILLISECONDS = case((_TAKEN.milliseconds < 1, 1), else_=_TAKEN.milliseconds)
MEAN_SECONDS = select(func.avg(cast(_MILLISECONDS, Float)) / 1000.0)  # of the same runs; null if there are none


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedRun:
    """A job that succeeded in one attempt; `flops` are estimated for the epochs that it trained."""

    flops: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """The expected duration of a job, and the range that similar jobs spanned."""

    seconds: float
    low: float
    high: float


def recent_runs(tx: Tx) -> list[CompletedRun]:
    """The last completed runs, newest first."""
    rows = tx.execute(RECENT_RUNS)
    return [
        CompletedRun(
            flops=estimate.get("flops", 0) * (epoch / epochs if epochs else 0),
            seconds=max(finished - claimed, 1) / 1000,
        )
        for estimate, epoch, epochs, claimed, finished in rows
    ]


def estimate_duration(runs: Sequence[CompletedRun], flops: float) -> Duration | None:
    """The expected duration of a job of `flops`, by the speed of runs of about its size; None if unknown."""
    known = [run for run in runs if run.flops > 0]
    if not known or flops <= 0:
        return None
    known.sort(key=lambda run: abs(math.log(run.flops / flops)))
    each = sorted(run.seconds / run.flops * flops for run in known[:MAX_SIMILAR])
    return Duration(seconds=_rounded(statistics.median(each)), low=_rounded(each[0]), high=_rounded(each[-1]))


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.3g}")
