"""Which job a claim takes: shares, priorities, turns of projects, reserved jobs, and the query plan."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.dialects.sqlite import dialect

from store.artifacts.blobs import chunks_of, write
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import transaction
from store.ids import DEFAULT_PROJECT, JobId, ProjectId, WorkerId, new_id
from store.jobs import claims, leases, workers
from store.jobs.claims import FingerprintPolicy, claim_statement
from store.jobs.leases import Lease
from store.jobs.workers import WorkerInfo
from store.tables import Job, Project, Worker
from tests.support.store import queue_job

WORKER = WorkerId("wrk_1")


@pytest.fixture
def projects(sessions: Sessions) -> list[ProjectId]:
    """Four projects besides the default one."""
    ids = [ProjectId(f"prj_{letter}") for letter in "abcd"]
    with transaction(sessions) as tx:
        tx.add_all(Project(id=project, name=project) for project in ids)
    return ids


def claim(sessions: Sessions, share: int = 2) -> Job | None:
    with transaction(sessions) as tx:
        return claims.claim(tx, WORKER, 30, share)


def claimed(sessions: Sessions, times: int, share: int = 2) -> list[Job]:
    jobs = [claim(sessions, share) for _ in range(times)]
    return [job for job in jobs if job is not None]


def claim_as(sessions: Sessions, fingerprint: str, wait_seconds: float = 60) -> Job | None:
    """Claim as a worker with this numeric fingerprint."""
    with transaction(sessions) as tx:
        fingerprint_policy = FingerprintPolicy(fingerprint=fingerprint, wait_seconds=wait_seconds)
        return claims.claim(tx, WORKER, 30, fingerprint_policy=fingerprint_policy)


def queue_with_checkpoint(sessions: Sessions, fingerprint: str, **columns: int) -> str:
    """A queued job with a checkpoint of this numeric fingerprint."""
    job_id = queue_job(sessions, **columns).id
    job = claim_as(sessions, fingerprint)
    assert job is not None
    assert job.id == job_id
    lease, blob = Lease(job_id=JobId(job_id), fence=job.fence), write(sessions, chunks_of(b"state"))
    with transaction(sessions) as tx:
        leases.add_checkpoint(tx, lease, blob.id, fingerprint)
        leases.release(tx, lease)
    return job_id


def record_worker(sessions: Sessions, fingerprint: str) -> None:
    with transaction(sessions) as tx:
        worker = WorkerInfo(id=WorkerId(f"wrk_{fingerprint}"), host="host", pid=1, slots=1, fingerprint=fingerprint)
        workers.record_heartbeat(tx, worker)


def finish(sessions: Sessions, job: Job) -> None:
    with transaction(sessions) as tx:
        leases.cancel(tx, Lease(job_id=JobId(job.id), fence=job.fence))


def serve(sessions: Sessions, times: int) -> list[str]:
    """The projects whose jobs a worker with one slot runs, in order."""
    served = []
    for job in (claim(sessions) for _ in range(times)):
        if job is not None:
            finish(sessions, job)
            served.append(job.project_id)
    return served


def queue(sessions: Sessions, project: ProjectId, count: int, **columns: int) -> list[str]:
    return [queue_job(sessions, project, **columns).id for _ in range(count)]


def queue_many(sessions: Sessions, project: ProjectId, count: int) -> None:
    """The same without events, to fill long queues quickly."""
    job = {"dataset_id": "ds_1", "name": "a job", "spec": {}, "estimate": {}, "epochs": 10, "project_id": project}
    with transaction(sessions) as tx:
        tx.execute(insert(Job), [{**job, "id": new_id("job")} for _ in range(count)])


def test_single_project_is_served_by_priority_and_age(sessions: Sessions) -> None:
    low = queue(sessions, DEFAULT_PROJECT, 2, priority=1)
    high = queue(sessions, DEFAULT_PROJECT, 4, priority=7)
    assert [job.id for job in claimed(sessions, 7)] == [*high, *low]


def test_running_jobs_are_spread_evenly_over_projects(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    for project in projects:
        queue(sessions, project, 4)
    running = [job.project_id for job in claimed(sessions, 12)]
    assert {project: running.count(project) for project in projects} == dict.fromkeys(projects, 3)
    assert set(running[:4]) == set(projects)


def test_projects_take_turns_however_long_their_queues(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    first, second, third, _ = projects
    queue(sessions, first, 20)
    assert serve(sessions, 3) == [first] * 3
    queue(sessions, second, 1)
    queue(sessions, third, 2)
    served = serve(sessions, 6)
    assert set(served[:3]) == {first, second, third}
    assert served[3:] == [third, first, first] or served[3:] == [first, third, first]


def test_10000_queued_jobs_delay_another_project_by_one_job(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    before, greedy, behind, _ = projects
    queue_many(sessions, greedy, 10_000)
    running = claimed(sessions, 3)
    for newcomer in (before, behind):
        queue(sessions, newcomer, 1)
        finish(sessions, running.pop())
        assert [job.project_id for job in claimed(sessions, 1)] == [newcomer]


def test_project_at_its_share_waits_whatever_its_priorities(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    greedy, modest, humble, _ = projects
    queue(sessions, greedy, 6, priority=9)
    queue(sessions, modest, 1, priority=3)
    queue(sessions, humble, 1, priority=0)
    order = [job.project_id for job in claimed(sessions, 8)]
    assert order == [greedy, greedy, modest, humble, greedy, greedy, greedy, greedy]


def test_projects_below_their_share_take_turns_behind_one_at_its_share(
    sessions: Sessions, projects: Sequence[ProjectId]
) -> None:
    greedy, second, third, _ = projects
    queue(sessions, greedy, 6, priority=9)
    queue(sessions, second, 6)
    queue(sessions, third, 6)
    claimed(sessions, 2)
    assert sorted(serve(sessions, 2)) == sorted(serve(sessions, 2)) == [second, third]


def test_share_can_be_changed(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    first, second, *_ = projects
    queue(sessions, first, 3, priority=9)
    queue(sessions, second, 3, priority=0)
    assert [job.project_id for job in claimed(sessions, 3, share=1)] == [first, second, first]


def test_concurrent_claims_are_fair(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    for project in projects:
        queue(sessions, project, 4)
    barrier, running = threading.Barrier(8), list[str]()

    def work() -> None:
        barrier.wait()
        running.extend(job.project_id for job in claimed(sessions, 1))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {project: running.count(project) for project in projects} == dict.fromkeys(projects, 2)


def test_sleeping_claim_delays_only_its_own_job(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    first, second = queue(sessions, DEFAULT_PROJECT, 2)
    with transaction(sessions) as sleeping:
        asleep = claims.claim(sleeping, WORKER, 30)
        assert asleep is not None
        assert asleep.id == first
        assert [job.id for job in claimed(sessions, 2)] == [second]
    engine.dispose()


def test_claim_takes_another_job_if_all_best_ones_are_locked(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    with transaction(sessions) as tx:
        tx.add(Project(id="prj_other", name="other"))
    queue(sessions, DEFAULT_PROJECT, 1, priority=9)
    (other,) = queue(sessions, ProjectId("prj_other"), 1)
    with transaction(sessions) as sleeping:
        claims.claim(sleeping, WORKER, 30)
        assert [job.id for job in claimed(sessions, 1)] == [other]
    engine.dispose()


def test_job_with_checkpoint_is_reserved_for_a_live_worker_of_its_fingerprint(sessions: Sessions) -> None:
    job_id = queue_with_checkpoint(sessions, "there")
    record_worker(sessions, "there")
    assert claim_as(sessions, "here") is None
    job = claim_as(sessions, "there")
    assert job is not None
    assert (job.id, job.bit_exact) == (job_id, True)


def test_reserved_job_hides_no_other_job(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    queue_with_checkpoint(sessions, "there", priority=9)
    record_worker(sessions, "there")
    (beside,), (elsewhere,) = queue(sessions, DEFAULT_PROJECT, 1, priority=9), queue(sessions, projects[0], 1)
    taken = [claim_as(sessions, "here") for _ in range(3)]
    assert [job and job.id for job in taken] == [beside, elsewhere, None]


def test_job_is_not_reserved_for_a_dead_worker(sessions: Sessions) -> None:
    job_id = queue_with_checkpoint(sessions, "there")
    record_worker(sessions, "there")
    with transaction(sessions) as tx:
        tx.execute(update(Worker).values(seen_at=Worker.seen_at - 20_000))
    job = claim_as(sessions, "here")
    assert job is not None
    assert (job.id, job.bit_exact) == (job_id, False)


def test_reservation_ends_after_the_wait(sessions: Sessions) -> None:
    job_id = queue_with_checkpoint(sessions, "there")
    record_worker(sessions, "there")
    with transaction(sessions) as tx:
        tx.execute(update(Job).values(updated_at=Job.updated_at - 50_000))
    assert claim_as(sessions, "here", wait_seconds=60) is None
    job = claim_as(sessions, "here", wait_seconds=40)
    assert job is not None
    assert (job.id, job.bit_exact) == (job_id, False)


def test_newest_checkpoint_decides_the_reserved_fingerprint(sessions: Sessions) -> None:
    job_id = queue_with_checkpoint(sessions, "first")
    moved = claim_as(sessions, "second")
    assert moved is not None
    lease, blob = Lease(job_id=JobId(job_id), fence=moved.fence), write(sessions, chunks_of(b"state"))
    with transaction(sessions) as tx:
        leases.add_checkpoint(tx, lease, blob.id, "second")
        leases.release(tx, lease)
    record_worker(sessions, "first")
    record_worker(sessions, "second")
    assert claim_as(sessions, "first") is None
    taken = claim_as(sessions, "second")
    assert taken is not None
    assert taken.bit_exact is False


def test_claim_uses_indexes_and_never_scans_the_jobs(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    statement = claim_statement("sqlite").compile(dialect=dialect(paramstyle="named"))
    with engine.connect() as connection:
        planned = connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"), statement.params)
        steps = [row[3] for row in planned]
    tables = [step for step in steps if " jobs" in step or " j " in step or " r " in step]
    assert any("ix_jobs_going_on" in step for step in tables)
    small = ("ix_jobs_queued", "ix_jobs_running")  # of which few rows are read, and of which few exist
    scans = [step for step in tables if step.startswith("SCAN") and not any(name in step for name in small)]
    assert scans == []
    assert not any("AUTOMATIC" in step or "TEMP B-TREE" in step for step in tables)
    engine.dispose()


def test_jobs_and_batches_of_a_project_are_claimed_in_the_order_of_their_creation(sessions: Sessions) -> None:
    queued = [queue_job(sessions, kind=kind, created_at=at).id for at, kind in enumerate(("job", "batch", "job"), 1)]
    assert [each.partition("_")[0] for each in queued] == ["job", "bat", "job"]
    assert [job.id for job in claimed(sessions, 3)] == queued
