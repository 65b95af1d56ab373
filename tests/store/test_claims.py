"""Who gets the next free worker: priorities, shares and turns, and that each job goes to one worker only."""

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import TextClause, text

from store import claims, leases
from store.claims import ANY, BEST
from store.database import Sessions, open_database, open_sessions
from store.ids import DEFAULT_PROJECT, JobId, ProjectId, WorkerId
from store.leases import Lease
from store.tables import Job, Project
from store.transaction import transaction
from tests.store.conftest import queue_job

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


def finish(sessions: Sessions, job: Job) -> None:
    with transaction(sessions) as tx:
        leases.cancel(tx, Lease(job_id=JobId(job.id), fence=job.fence))


def serve(sessions: Sessions, times: int) -> list[str]:
    """The projects whose jobs a worker with one slot runs, one after the other."""
    served = []
    for job in (claim(sessions) for _ in range(times)):
        if job is not None:
            finish(sessions, job)
            served.append(job.project_id)
    return served


def queue(sessions: Sessions, project: ProjectId, count: int, **columns: int) -> list[str]:
    return [queue_job(sessions, project, **columns).id for _ in range(count)]


def test_a_project_alone_gets_all_slots_in_order_of_priority_and_age(sessions: Sessions) -> None:
    low = queue(sessions, DEFAULT_PROJECT, 2, priority=1)
    high = queue(sessions, DEFAULT_PROJECT, 4, priority=7)
    assert [job.id for job in claimed(sessions, 7)] == [*high, *low]


def test_running_jobs_are_spread_evenly_over_projects(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    for project in projects:
        queue(sessions, project, 4)
    running = [job.project_id for job in claimed(sessions, 12)]
    assert {project: running.count(project) for project in projects} == dict.fromkeys(projects, 3)
    assert set(running[:4]) == set(projects)


def test_one_worker_serves_projects_in_turn_however_long_their_queues(
    sessions: Sessions, projects: Sequence[ProjectId]
) -> None:
    first, second, third, _ = projects
    queue(sessions, first, 20)
    assert serve(sessions, 3) == [first] * 3
    queue(sessions, second, 1)
    queue(sessions, third, 2)
    served = serve(sessions, 6)
    assert set(served[:3]) == {first, second, third}
    assert served[3:] == [third, first, first] or served[3:] == [first, third, first]


@pytest.mark.parametrize("newcomer", ["prj_0", "prj_z"])
def test_a_long_queue_delays_another_projects_first_job_by_one_running_job_at_most(
    sessions: Sessions, projects: Sequence[ProjectId], newcomer: str
) -> None:
    with transaction(sessions) as tx:
        tx.add(Project(id=newcomer, name=newcomer))
    queue(sessions, projects[1], 30)
    running = claimed(sessions, 3)
    queue(sessions, ProjectId(newcomer), 1)
    finish(sessions, running[0])
    assert [job.project_id for job in claimed(sessions, 1)] == [newcomer]


def test_a_project_beyond_its_share_waits_whatever_its_priority_for_those_within(
    sessions: Sessions, projects: Sequence[ProjectId]
) -> None:
    greedy, modest, humble, _ = projects
    queue(sessions, greedy, 6, priority=9)
    queue(sessions, modest, 1, priority=3)
    queue(sessions, humble, 1, priority=0)
    order = [job.project_id for job in claimed(sessions, 8)]
    assert order == [greedy, greedy, modest, humble, greedy, greedy, greedy, greedy]


def test_below_a_project_beyond_its_share_the_others_are_served_in_turn(
    sessions: Sessions, projects: Sequence[ProjectId]
) -> None:
    greedy, second, third, _ = projects
    queue(sessions, greedy, 6, priority=9)
    queue(sessions, second, 6)
    queue(sessions, third, 6)
    claimed(sessions, 2)
    assert sorted(serve(sessions, 2)) == sorted(serve(sessions, 2)) == [second, third]


def test_the_share_is_a_setting(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
    first, second, *_ = projects
    queue(sessions, first, 3, priority=9)
    queue(sessions, second, 3, priority=0)
    assert [job.project_id for job in claimed(sessions, 3, share=1)] == [first, second, first]


def test_claims_at_the_same_moment_take_turns_too(sessions: Sessions, projects: Sequence[ProjectId]) -> None:
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


def test_a_claim_that_sleeps_in_its_transaction_holds_up_its_own_job_alone(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    sessions = open_sessions(engine)
    first, second = queue(sessions, DEFAULT_PROJECT, 2)
    with transaction(sessions) as sleeping:
        asleep = claims.claim(sleeping, WORKER, 30)
        assert asleep is not None
        assert asleep.id == first
        assert [job.id for job in claimed(sessions, 2)] == [second]
    engine.dispose()


def test_when_all_candidates_of_the_best_project_are_being_claimed_another_is_taken(postgres_url: str) -> None:
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


def test_a_claim_searches_the_queue_and_never_scans_the_jobs(sqlite_url: str) -> None:
    engine = open_database(sqlite_url)
    with engine.connect() as connection:
        steps = [row[3] for query in (BEST, ANY) for row in connection.execute(_explained(query), {"share": 2})]
    tables = [step for step in steps if " jobs" in step or " j " in step or " r " in step]
    assert tables
    scans = [step for step in tables if step.startswith("SCAN") and "ix_jobs_queued" not in step]
    assert scans == []
    assert not any("AUTOMATIC" in step or "TEMP B-TREE" in step for step in tables)
    engine.dispose()


def _explained(query: str) -> TextClause:
    return text(f"EXPLAIN QUERY PLAN {query}")
