"""Where a queued job stands, when its turn may come, and how long jobs take."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, update

from store.artifacts import models
from store.artifacts.blobs import chunks_of, write
from store.clock import now
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, ProjectId, WorkerId
from store.jobs import claims, durations, queue_position, workers
from store.jobs.durations import CompletedRun, Duration
from store.jobs.queue_position import QueuePosition, QueueSnapshot, count_queued
from store.jobs.workers import WorkerInfo
from store.tables import Job, Model
from tests.support.store import queue_job


def stand(sessions: Sessions, job: Job) -> QueuePosition:
    with snapshot(sessions) as tx:
        return queue_position.queue_snapshot(tx, ProjectId(job.project_id)).position_of(job)


def finish(sessions: Sessions, seconds: float, flops: int = 1000, epochs_done: int = 10) -> None:
    """A job that succeeded after so many seconds."""
    job = queue_job(sessions, estimate={"flops": flops})
    blob = write(sessions, chunks_of(b"weights"))
    ended = {"started_at": 1000, "claimed_at": 1000, "finished_at": 1000 + int(seconds * 1000), "epoch": epochs_done}
    named = {"dataset_id": "ds_1", "name": "a model", "architecture": {}, "preprocessing": {}, "metrics": {}}
    with transaction(sessions) as tx:
        tx.execute(update(Job).where(Job.id == job.id).values(state="succeeded", **ended))
        about = {"parameters": 1, "fingerprint": "", "blob_id": blob.id, "job_id": job.id}
        tx.execute(insert(Model).values(id=models.new_model_id(), project_id=DEFAULT_PROJECT, **named, **about))


def start_worker(sessions: Sessions, slots: int) -> None:
    with transaction(sessions) as tx:
        workers.record_heartbeat(tx, WorkerInfo(id=WorkerId("wrk_1"), host="host", pid=1, slots=slots))


def test_jobs_of_one_project_stand_by_priority_and_age(sessions: Sessions) -> None:
    jobs = [queue_job(sessions, priority=priority) for priority in (5, 5, 9, 0)]
    assert [stand(sessions, job).jobs_ahead for job in jobs] == [1, 2, 0, 3]


def test_of_another_project_as_many_jobs_of_the_same_priority_are_ahead_as_it_has_turns(
    sessions: Sessions, other_project: ProjectId
) -> None:
    for _ in range(5):
        queue_job(sessions, other_project)
    queue_job(sessions, other_project, priority=9)
    queue_job(sessions, other_project, priority=0)
    first, second = queue_job(sessions), queue_job(sessions)
    assert [stand(sessions, job).jobs_ahead for job in (first, second)] == [2, 4]


def test_no_job_starts_after_more_others_than_were_said_to_be_ahead(
    sessions: Sessions, other_project: ProjectId
) -> None:
    for project in (DEFAULT_PROJECT, other_project, other_project, other_project, DEFAULT_PROJECT):
        queue_job(sessions, project)
    mine = queue_job(sessions)
    ahead = stand(sessions, mine).jobs_ahead
    started = 0
    with transaction(sessions) as tx:
        while (job := claims.claim(tx, WorkerId("wrk_1"), 30)) and job.id != mine.id:
            started += 1
    assert started <= ahead <= started + 1


def test_without_workers_nobody_knows_when_a_job_starts(sessions: Sessions) -> None:
    finish(sessions, seconds=10)
    assert stand(sessions, queue_job(sessions)).starts_in_seconds is None


def test_on_a_free_slot_a_job_starts_at_once_and_else_nothing_is_known_yet(sessions: Sessions) -> None:
    start_worker(sessions, slots=2)
    first, second, third = (queue_job(sessions) for _ in range(3))
    assert [stand(sessions, job).starts_in_seconds for job in (first, second, third)] == [0.0, 0.0, None]


def test_behind_others_a_job_starts_when_they_have_run_or_a_slot_falls_free(sessions: Sessions) -> None:
    start_worker(sessions, slots=2)
    for seconds in (10, 20):
        finish(sessions, seconds)
    jobs = [queue_job(sessions) for _ in range(5)]
    assert [stand(sessions, job).starts_in_seconds for job in jobs] == [0.0, 0.0, 15.0, 15.0, 30.0]


@pytest.mark.parametrize(("ahead", "seconds"), [(0, 15.0), (1, 30.0)])
def test_on_one_busy_slot_each_job_ahead_takes_a_mean_run(ahead: int, seconds: float) -> None:
    own = [(-5, f"job_{number}", None) for number in range(ahead)]
    queue = QueueSnapshot(own=[*own, (-5, "job_z", None)], others=[], slots=1, running=[15.0], mean_seconds=15.0)
    assert queue.position_of(Job(id="job_z", priority=5)).starts_in_seconds == seconds


def run_one(sessions: Sessions, runtime: float = 3600, **columns: Any) -> None:
    """A job that is running, as it was last recorded."""
    job = queue_job(sessions, priority=9, spec={"training": {"max_runtime_seconds": runtime}})
    with transaction(sessions) as tx:
        assert claims.claim(tx, WorkerId("wrk_1"), 30)
        tx.execute(update(Job).where(Job.id == job.id).values(**columns))


def test_a_job_waits_for_the_running_one_that_is_done_first(sessions: Sessions) -> None:
    finish(sessions, seconds=0.1)
    start_worker(sessions, slots=2)
    for eta in (600.0, 1200.0):
        run_one(sessions, eta_seconds=eta)
    first, second, third = (queue_job(sessions, expected_seconds=400.0) for _ in range(3))
    starts = [stand(sessions, job).starts_in_seconds for job in (first, second, third)]
    assert starts == [600.0, 1000.0, 1200.0]


def test_no_running_job_takes_longer_than_it_may_or_than_its_end_when_that_was_asked_for(sessions: Sessions) -> None:
    start_worker(sessions, slots=1)
    run_one(sessions, runtime=100, eta_seconds=5000.0, ran_seconds=30.0, updated_at=now() - 10_000)
    job = queue_job(sessions)
    assert stand(sessions, job).starts_in_seconds == pytest.approx(60, abs=10)
    with transaction(sessions) as tx:
        tx.execute(update(Job).where(Job.state == "running").values(requested="stop"))
    assert stand(sessions, job).starts_in_seconds == 0.0


def test_nobody_knows_when_a_job_starts_behind_one_that_does_not_know_when_it_ends(sessions: Sessions) -> None:
    finish(sessions, seconds=1)
    start_worker(sessions, slots=1)
    run_one(sessions, eta_seconds=None)
    assert stand(sessions, queue_job(sessions)).starts_in_seconds is None


def test_jobs_ahead_count_with_what_each_may_take(sessions: Sessions, other_project: ProjectId) -> None:
    finish(sessions, seconds=7)
    start_worker(sessions, slots=1)
    run_one(sessions, eta_seconds=10.0)
    for expected in (100.0, 200.0):
        queue_job(sessions, other_project, priority=7, expected_seconds=expected)
    queue_job(sessions, expected_seconds=1000.0)
    queue_job(sessions)
    last = queue_job(sessions)
    assert stand(sessions, last).starts_in_seconds == 10 + 100 + 200 + 1000 + 7


def test_of_very_many_jobs_ahead_the_sum_of_what_they_take_is_told() -> None:
    queue = QueueSnapshot(
        own=[(-5, "job_z", 1.0)], others=[(9, 10_000, 3.0)], slots=2, running=[3.0, 3.0], mean_seconds=None
    )
    assert queue.position_of(Job(id="job_z", priority=5)) == QueuePosition(
        jobs_ahead=10_000, starts_in_seconds=15_003.0
    )


def test_runs_are_the_last_that_succeeded_in_one_go_and_count_the_epochs_they_did(sessions: Sessions) -> None:
    finish(sessions, seconds=4, flops=1000, epochs_done=5)
    finish(sessions, seconds=2, flops=300)
    finish(sessions, seconds=9)
    with transaction(sessions) as tx:
        interrupted = Job.finished_at == 10_000
        tx.execute(update(Job).where(interrupted).values(claimed_at=Job.started_at + 5000))
        assert durations.recent_runs(tx) == [
            CompletedRun(flops=300.0, seconds=2.0),
            CompletedRun(flops=500.0, seconds=4.0),
        ]


def runs(*pairs: tuple[float, float]) -> Sequence[CompletedRun]:
    return [CompletedRun(flops=flops, seconds=seconds) for flops, seconds in pairs]


def test_a_duration_follows_the_operations_and_spans_what_similar_runs_took() -> None:
    known = runs((100, 1.0), (100, 2.0), (100, 4.0))
    assert durations.estimate_duration(known, 200) == Duration(seconds=4.0, low=2.0, high=8.0)


def test_runs_of_another_size_do_not_count_when_there_are_enough_of_the_same() -> None:
    small = runs(*[(10.0, 1.0)] * 20)  # a start-up time that hides the rate
    large = runs(*[(1e6, 100.0)] * 10)
    assert durations.estimate_duration([*small, *large], 2e6) == Duration(seconds=200.0, low=200.0, high=200.0)


@pytest.mark.parametrize(("known", "flops"), [([], 100), (runs((0, 1.0)), 100), (runs((100, 1.0)), 0)])
def test_nothing_is_said_of_a_duration_of_which_nothing_is_known(known: Sequence[CompletedRun], flops: float) -> None:
    assert durations.estimate_duration(known, flops) is None


def test_counts_go_no_further_than_they_are_asked_to(sessions: Sessions, other_project: ProjectId) -> None:
    for project in (DEFAULT_PROJECT, DEFAULT_PROJECT, other_project):
        queue_job(sessions, project)
    with snapshot(sessions) as tx:
        assert [count_queued(tx, at_most=most) for most in (2, 3, 4)] == [2, 3, 3]
        assert [count_queued(tx, DEFAULT_PROJECT, at_most=most) for most in (1, 9)] == [1, 2]


def test_slots_of_living_workers_are_counted(sessions: Sessions) -> None:
    start_worker(sessions, slots=3)
    with transaction(sessions) as tx:
        workers.record_heartbeat(tx, WorkerInfo(id=WorkerId("wrk_2"), host="host", pid=2, slots=4))
        assert (workers.slots(tx, 30), workers.slots(tx, -1)) == (7, 0)
