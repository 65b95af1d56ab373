"""Actions of a job's owner: cancel, stop, pause, resume."""

import pytest

from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.errors import JobFinished, NotFound
from store.ids import DEFAULT_PROJECT, ProjectId, WorkerId
from store.jobs import claims, jobs
from store.tables import Job
from tests.support.store import queue_job

WORKER = WorkerId("wrk_1")
ACTIONS = {"cancel": jobs.cancel, "stop": jobs.stop, "pause": jobs.pause, "resume": jobs.resume}


def read(sessions: Sessions, job_id: str) -> Job:
    with snapshot(sessions) as tx:
        return jobs.get(tx, DEFAULT_PROJECT, job_id)


def test_queued_job_is_canceled_at_once_and_for_good(sessions: Sessions) -> None:
    job = queue_job(sessions)
    with transaction(sessions) as tx:
        assert jobs.cancel(tx, DEFAULT_PROJECT, job.id).state == "canceled"
    with transaction(sessions) as tx:
        assert claims.claim(tx, WORKER, 30) is None
    with pytest.raises(JobFinished), transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)


@pytest.mark.parametrize("action", ["pause", "resume"])
def test_requested_stop_of_a_queued_job_survives_pause_and_resume(sessions: Sessions, action: str) -> None:
    job = queue_job(sessions)
    for name in ("stop", action):
        with transaction(sessions) as tx:
            ACTIONS[name](tx, DEFAULT_PROJECT, job.id)
    shown = read(sessions, job.id)
    assert (shown.state, shown.requested) == ("queued", "stop")


def test_job_of_another_project_is_not_found(sessions: Sessions, other_project: ProjectId) -> None:
    job = queue_job(sessions)
    with pytest.raises(NotFound), snapshot(sessions) as tx:
        jobs.get(tx, other_project, job.id)
    with pytest.raises(NotFound), transaction(sessions) as tx:
        jobs.cancel(tx, other_project, job.id)
    assert read(sessions, job.id).state == "queued"


@pytest.mark.parametrize(
    ("actions", "advice"),
    [
        ((), "no weights yet: its state is queued. Wait until it ends, or stop it to keep the best weights so far."),
        (("pause",), "no weights yet: its state is paused. Resume it."),
        (("cancel",), "no weights: its state is canceled. Submit the job again to train a model."),
    ],
    ids=["queued", "paused", "canceled"],
)
def test_missing_weights_come_with_advice(sessions: Sessions, actions: tuple[str, ...], advice: str) -> None:
    job = queue_job(sessions)
    for name in actions:
        with transaction(sessions) as tx:
            ACTIONS[name](tx, DEFAULT_PROJECT, job.id)
    with pytest.raises(NotFound) as caught, snapshot(sessions) as tx:
        jobs.final_weights_blob(tx, DEFAULT_PROJECT, job.id)
    assert str(caught.value) == f"Job {job.id} has {advice}"
