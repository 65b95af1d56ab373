"""How long jobs take, from those that ended last: what a new one may take, and how fast the queue moves."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from store.db.transaction import Tx
from store.tables import Job, Model

RECENT = 50  # runs that are looked at
SIMILAR = 10  # of those, the nearest in size, which tell the time of a new job
SAME_MOMENT_MILLISECONDS = 1000  # started and last claimed within this: a run without interruption


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A job that succeeded in one go: its floating-point operations, as estimated, for the epochs it did."""

    flops: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """What a job may take, and the fastest and the slowest that similar ones were."""

    seconds: float
    low: float
    high: float


def recent(tx: Tx) -> list[Run]:
    """The last runs, newest first."""
    uninterrupted = Job.claimed_at - Job.started_at < SAME_MOMENT_MILLISECONDS
    columns = (Job.estimate, Job.epoch, Job.epochs, Job.claimed_at, Job.finished_at)
    query = select(*columns).join(Model, Model.job_id == Job.id).where(uninterrupted)
    rows = tx.execute(query.order_by(Model.id.desc()).limit(RECENT))
    return [
        Run(
            flops=estimate.get("flops", 0) * (epoch / epochs if epochs else 0),
            seconds=max(finished - claimed, 1) / 1000,
        )
        for estimate, epoch, epochs, claimed, finished in rows
    ]


def mean_seconds(runs: Sequence[Run]) -> float | None:
    """What a job takes on average, or None when nothing is known."""
    return statistics.fmean(run.seconds for run in runs) if runs else None


def of_job(runs: Sequence[Run], flops: float) -> Duration | None:
    """What a job of so many operations may take, by the operations per second of runs of about its size."""
    known = [run for run in runs if run.flops > 0]
    if not known or flops <= 0:
        return None
    known.sort(key=lambda run: abs(math.log(run.flops / flops)))
    each = sorted(run.seconds / run.flops * flops for run in known[:SIMILAR])
    return Duration(seconds=_rounded(statistics.median(each)), low=_rounded(each[0]), high=_rounded(each[-1]))


def _rounded(seconds: float) -> float:
    return float(f"{seconds:.3g}")
