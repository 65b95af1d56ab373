"""Expected durations: which runs are read, and how a duration follows from them."""

from collections.abc import Sequence

import pytest
from sqlalchemy import update

from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.jobs import durations
from store.jobs.durations import CompletedRun, Duration
from store.tables import Job
from tests.support.store import finish_job


def test_recent_runs_are_uninterrupted_and_count_trained_epochs(sessions: Sessions) -> None:
    finish_job(sessions, seconds=4, flops=1000, epochs_done=5)
    finish_job(sessions, seconds=2, flops=300)
    finish_job(sessions, seconds=9)
    with transaction(sessions) as tx:
        interrupted = Job.finished_at == 10_000
        tx.execute(update(Job).where(interrupted).values(claimed_at=Job.started_at + 5000))
        assert durations.recent_runs(tx) == [
            CompletedRun(flops=300.0, seconds=2.0),
            CompletedRun(flops=500.0, seconds=4.0),
        ]
        assert tx.scalar(durations.MEAN_SECONDS) == 3.0


def test_the_mean_duration_is_unknown_without_runs_and_at_least_a_millisecond(sessions: Sessions) -> None:
    with snapshot(sessions) as tx:
        assert tx.scalar(durations.MEAN_SECONDS) is None
    finish_job(sessions, seconds=0)
    with snapshot(sessions) as tx:
        assert tx.scalar(durations.MEAN_SECONDS) == 0.001


def runs(*pairs: tuple[float, float]) -> Sequence[CompletedRun]:
    return [CompletedRun(flops=flops, seconds=seconds) for flops, seconds in pairs]


def test_duration_scales_with_flops_and_spans_similar_runs() -> None:
    known = runs((100, 1.0), (100, 2.0), (100, 4.0))
    assert durations.estimate_duration(known, 200) == Duration(seconds=4.0, low=2.0, high=8.0)


def test_duration_uses_only_the_runs_nearest_in_size() -> None:
    small = runs(*[(10.0, 1.0)] * 20)  # start-up time dominates
    large = runs(*[(1e6, 100.0)] * 10)
    assert durations.estimate_duration([*small, *large], 2e6) == Duration(seconds=200.0, low=200.0, high=200.0)


@pytest.mark.parametrize(("known", "flops"), [([], 100), (runs((0, 1.0)), 100), (runs((100, 1.0)), 0)])
def test_duration_is_unknown_without_comparable_runs(known: Sequence[CompletedRun], flops: float) -> None:
    assert durations.estimate_duration(known, flops) is None
