"""Queue positions: jobs ahead, and the expected start."""

from typing import Any

import pytest
from sqlalchemy import update

from store.clock import now
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, ProjectId, WorkerId
from store.jobs import claims, jobs, queue_position, workers
from store.jobs.queue_position import QueuePosition, QueueSnapshot, count_queued
from store.jobs.workers import WorkerInfo
from store.tables import Job
from tests.support.store import NEW_JOB, finish_job, queue_job


def position_of(sessions: Sessions, job: Job) -> QueuePosition:
    with snapshot(sessions) as tx:
        return queue_position.queue_snapshot(tx, ProjectId(job.project_id)).position_of(job)


def start_worker(sessions: Sessions, slots: int) -> None:
    with transaction(sessions) as tx:
        workers.record_heartbeat(tx, WorkerInfo(id=WorkerId("wrk_1"), host="host", pid=1, slots=slots))


def test_own_jobs_ahead_follow_priority_and_age(sessions: Sessions) -> None:
    queued = [queue_job(sessions, priority=priority) for priority in (5, 5, 9, 0)]
    assert [position_of(sessions, job).jobs_ahead for job in queued] == [1, 2, 0, 3]


def test_new_jobs_count_each_other_and_what_left_the_queue(sessions: Sessions) -> None:
    def joined(**columns: Any) -> int:
        with transaction(sessions) as tx:
            job = jobs.create(tx, DEFAULT_PROJECT, **{**NEW_JOB, **columns})
            return queue_position.join_queue(tx, job).jobs_ahead

    assert [joined(), joined(), joined(priority=9), joined()] == [0, 1, 0, 3]
    with transaction(sessions) as tx:
        assert claims.claim(tx, WorkerId("wrk_1"), 30)
    assert joined() == 3


def test_each_other_project_has_one_job_ahead_per_own_job(sessions: Sessions, other_project: ProjectId) -> None:
    for _ in range(5):
        queue_job(sessions, other_project)
    queue_job(sessions, other_project, priority=9)
    queue_job(sessions, other_project, priority=0)
    first, second = queue_job(sessions), queue_job(sessions)
    assert [position_of(sessions, job).jobs_ahead for job in (first, second)] == [2, 4]


def test_no_more_jobs_start_first_than_were_reported_ahead(sessions: Sessions, other_project: ProjectId) -> None:
    for project in (DEFAULT_PROJECT, other_project, other_project, other_project, DEFAULT_PROJECT):
        queue_job(sessions, project)
    mine = queue_job(sessions)
    ahead = position_of(sessions, mine).jobs_ahead
    started = 0
    with transaction(sessions) as tx:
        while (job := claims.claim(tx, WorkerId("wrk_1"), 30)) and job.id != mine.id:
            started += 1
    assert started <= ahead <= started + 1


def test_start_is_unknown_without_workers(sessions: Sessions) -> None:
    finish_job(sessions, seconds=10)
    assert position_of(sessions, queue_job(sessions)).starts_in_seconds is None


def test_job_starts_at_once_on_a_free_slot(sessions: Sessions) -> None:
    start_worker(sessions, slots=2)
    first, second, third = (queue_job(sessions) for _ in range(3))
    assert [position_of(sessions, job).starts_in_seconds for job in (first, second, third)] == [0.0, 0.0, None]


def test_job_starts_when_jobs_ahead_have_freed_a_slot(sessions: Sessions) -> None:
    start_worker(sessions, slots=2)
    for seconds in (10, 20):
        finish_job(sessions, seconds)
    queued = [queue_job(sessions) for _ in range(5)]
    assert [position_of(sessions, job).starts_in_seconds for job in queued] == [0.0, 0.0, 15.0, 15.0, 30.0]


@pytest.mark.parametrize(("ahead", "seconds"), [(0, 15.0), (1, 30.0)])
def test_job_ahead_without_estimate_takes_the_mean_duration(ahead: int, seconds: float) -> None:
    own = [(-5, 0, f"job_{number}", None) for number in range(ahead)]
    queue = QueueSnapshot(own=[*own, (-5, 0, "job_z", None)], others=[], slots=1, running=[15.0], mean_seconds=15.0)
    assert queue.position_of(Job(id="job_z", priority=5, created_at=0)).starts_in_seconds == seconds


def run_one(sessions: Sessions, runtime: float = 3600, **columns: Any) -> None:
    """Claim a new job and set columns of its row."""
    job = queue_job(sessions, priority=9, spec={"training": {"max_runtime_seconds": runtime}})
    with transaction(sessions) as tx:
        assert claims.claim(tx, WorkerId("wrk_1"), 30)
        tx.execute(update(Job).where(Job.id == job.id).values(**columns))


def test_job_waits_for_the_first_running_job_to_end(sessions: Sessions) -> None:
    finish_job(sessions, seconds=0.1)
    start_worker(sessions, slots=2)
    for eta in (600.0, 1200.0):
        run_one(sessions, eta_seconds=eta)
    first, second, third = (queue_job(sessions, expected_seconds=400.0) for _ in range(3))
    starts = [position_of(sessions, job).starts_in_seconds for job in (first, second, third)]
    assert starts == [600.0, 1000.0, 1200.0]


def test_running_job_ends_within_its_maximum_runtime_or_when_stopped(sessions: Sessions) -> None:
    start_worker(sessions, slots=1)
    run_one(sessions, runtime=100, eta_seconds=5000.0, ran_seconds=30.0, updated_at=now() - 10_000)
    job = queue_job(sessions)
    assert position_of(sessions, job).starts_in_seconds == pytest.approx(60, abs=10)
    with transaction(sessions) as tx:
        tx.execute(update(Job).where(Job.state == "running").values(requested="stop"))
    assert position_of(sessions, job).starts_in_seconds == 0.0


def test_start_is_unknown_behind_a_job_without_an_eta(sessions: Sessions) -> None:
    finish_job(sessions, seconds=1)
    start_worker(sessions, slots=1)
    run_one(sessions, eta_seconds=None)
    assert position_of(sessions, queue_job(sessions)).starts_in_seconds is None


def test_jobs_ahead_take_their_expected_durations(sessions: Sessions, other_project: ProjectId) -> None:
    finish_job(sessions, seconds=7)
    start_worker(sessions, slots=1)
    run_one(sessions, eta_seconds=10.0)
    for expected in (100.0, 200.0):
        queue_job(sessions, other_project, priority=7, expected_seconds=expected)
    queue_job(sessions, expected_seconds=1000.0)
    queue_job(sessions)
    last = queue_job(sessions)
    assert position_of(sessions, last).starts_in_seconds == 10 + 100 + 200 + 1000 + 7


def test_thousands_of_jobs_ahead_count_by_the_sum_of_durations() -> None:
    queue = QueueSnapshot(
        own=[(-5, 0, "job_z", 1.0)], others=[(9, 10_000, 3.0)], slots=2, running=[3.0, 3.0], mean_seconds=None
    )
    assert queue.position_of(Job(id="job_z", priority=5, created_at=0)) == QueuePosition(
        jobs_ahead=10_000, starts_in_seconds=15_003.0
    )


def test_count_stops_at_its_limit(sessions: Sessions, other_project: ProjectId) -> None:
    for project in (DEFAULT_PROJECT, DEFAULT_PROJECT, other_project):
        queue_job(sessions, project)
    with snapshot(sessions) as tx:
        assert [count_queued(tx, at_most=most) for most in (2, 3, 4)] == [2, 3, 3]
        assert [count_queued(tx, DEFAULT_PROJECT, at_most=most) for most in (1, 9)] == [1, 2]


def test_slots_of_live_workers_are_counted(sessions: Sessions) -> None:
    start_worker(sessions, slots=3)
    with transaction(sessions) as tx:
        workers.record_heartbeat(tx, WorkerInfo(id=WorkerId("wrk_2"), host="host", pid=2, slots=4))
        assert (workers.slots(tx, 30), workers.slots(tx, -1)) == (7, 0)
