"""Erase many ended jobs: by filters, in batches, and when their retention has ended."""

from typing import Any

from sqlalchemy import func, select, update

from store.artifacts.blobs import write
from store.clock import now
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, JobId, ProjectId
from store.jobs import deletions, jobs, leases
from store.tables import Blob, Checkpoint, Deletion, Epoch, Event, Job, Model
from tests.support.store import claim_job, finish_job, make_progress, queue_job


def count(sessions: Sessions, table: Any) -> int:
    """Return the number of rows."""
    with snapshot(sessions) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


def delete(sessions: Sessions, limit: int = 2, **filters: Any) -> Deletion:
    """Carry a deletion out, batch by batch; return it as finished."""
    with transaction(sessions) as tx:
        deletion = deletions.create(tx, DEFAULT_PROJECT, filters)
    while True:
        with transaction(sessions) as tx:
            if (unfinished := deletions.next_unfinished(tx)) is None:
                return deletions.get(tx, DEFAULT_PROJECT, deletion.id)
            deletions.carry_on(tx, unfinished, limit)


def canceled_job(sessions: Sessions, **columns: Any) -> Job:
    """Insert a job that was canceled."""
    job = queue_job(sessions, **columns)
    with transaction(sessions) as tx:
        return jobs.cancel(tx, ProjectId(job.project_id), job.id)


def test_ended_jobs_that_match_are_erased_with_all_that_belongs_to_them(
    sessions: Sessions, other_project: ProjectId
) -> None:
    queue_job(sessions)
    _, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        leases.record(tx, lease, 30, make_progress(epochs={1: {"train_loss": 1.0}}))
    blob = write(sessions, [b"last finite weights"])
    with transaction(sessions) as tx:
        leases.fail(tx, lease, {"code": "diverged"}, "diverged", blob.id)
    finish_job(sessions, 1.0)
    for _ in range(3):
        canceled_job(sessions)
    waiting, foreign = queue_job(sessions), canceled_job(sessions, project=other_project)
    deletion = delete(sessions)
    assert (deletion.state, deletion.deleted, deletion.kept) == ("succeeded", 5, 0)
    with snapshot(sessions) as tx:
        assert set(tx.scalars(select(Job.id))) == {waiting.id, foreign.id}
    assert [count(sessions, table) for table in (Blob, Model, Checkpoint, Epoch)] == [0, 0, 0, 0]
    with snapshot(sessions) as tx:
        assert set(tx.scalars(select(Event.job_id))) == {waiting.id, foreign.id}


def test_all_filters_must_match(sessions: Sessions) -> None:
    team = {"team": "risk", "place": "here"}
    wanted = canceled_job(sessions, metadata_=team)
    others = [canceled_job(sessions, metadata_={"team": "risk"}), canceled_job(sessions)]
    assert delete(sessions, state="failed", metadata=team).deleted == 0
    assert delete(sessions, created_after=10**15).deleted == 0
    assert delete(sessions, created_before=1000).deleted == 0
    assert delete(sessions, state="canceled", metadata=team, created_after=0, created_before=10**15).deleted == 1
    with snapshot(sessions) as tx:
        assert wanted.id not in {job.id for job in tx.scalars(select(Job))}
    assert count(sessions, Job) == len(others)


def test_a_job_whose_model_is_needed_stays(sessions: Sessions) -> None:
    finish_job(sessions, 1.0)
    with snapshot(sessions) as tx:
        model_id = tx.scalar(select(Model.id))
    queue_job(sessions, base_model_id=model_id)
    deletion = delete(sessions)
    assert (deletion.deleted, deletion.kept, count(sessions, Model)) == (0, 1, 1)


def test_jobs_that_end_after_the_request_stay(sessions: Sessions) -> None:
    early = queue_job(sessions)
    with transaction(sessions) as tx:
        deletion = deletions.create(tx, DEFAULT_PROJECT, {})
        jobs.cancel(tx, DEFAULT_PROJECT, early.id)
        tx.execute(update(Job).values(finished_at=now() + 60_000))
    with transaction(sessions) as tx:
        assert deletions.carry_on(tx, deletions.DeletionId(deletion.id), 10).jobs == []
    assert count(sessions, Job) == 1


def test_retention_finds_the_jobs_that_ended_long_ago(sessions: Sessions, other_project: ProjectId) -> None:
    old, batch = JobId("job_" + "0" * 32), JobId("bat_" + "0" * 32)
    with transaction(sessions) as tx:
        columns = {"dataset_id": "ds_1", "name": "old", "spec": {}, "estimate": {}, "epochs": 1, "state": "failed"}
        ended = now() - 3 * deletions.DAY_MILLISECONDS
        for each in (old, batch):
            tx.add(Job(id=each, project_id=DEFAULT_PROJECT, finished_at=ended, **columns))
    canceled_job(sessions)
    with snapshot(sessions) as tx:
        assert deletions.outdated(tx, DEFAULT_PROJECT, 2, "job", "", 10) == [old]
        assert deletions.outdated(tx, DEFAULT_PROJECT, 2, "batch", "", 10) == [batch]
        assert deletions.outdated(tx, DEFAULT_PROJECT, 4, "job", "", 10) == []
        assert deletions.retentions(tx, 0) == []
        assert deletions.retentions(tx, 9) == [(DEFAULT_PROJECT, 9), (other_project, 9)]
