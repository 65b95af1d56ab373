"""The job protocol: who may take a job, who may write to it, and what becomes of one whose worker fell silent."""

import itertools
import threading
from typing import Any

import pytest
from sqlalchemy import func, select, update

from store.artifacts.blobs import chunks_of, write
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.errors import JobFinished, LeaseLost, NotFound
from store.ids import DEFAULT_PROJECT, JobId, ProjectId, WorkerId
from store.jobs import checkpoints, claims, epochs, events, jobs, leases
from store.jobs.claims import FingerprintPolicy
from store.jobs.leases import Lease, Progress
from store.tables import Base, Blob, Checkpoint, Job, Model
from tests.support.store import queue_job
from worker.maintenance.lapsed_leases import release_lapsed

WORKER = WorkerId("wrk_1")


def claim(sessions: Sessions, lease_seconds: float = 30) -> tuple[Job, Lease]:
    with transaction(sessions) as tx:
        job = claims.claim(tx, WORKER, lease_seconds)
    assert job is not None
    return job, Lease(job_id=JobId(job.id), fence=job.fence)


def read(sessions: Sessions, job_id: str) -> Job:
    with snapshot(sessions) as tx:
        return jobs.get(tx, DEFAULT_PROJECT, job_id)


def progress(**changes: Any) -> Progress:
    base: dict[str, Any] = {
        "epoch": 1,
        "fraction": 0.1,
        "eta_seconds": 9.0,
        "metrics": {"train_loss": 0.5},
        "best": None,
        "ran_seconds": 1.0,
    }
    return Progress(**{**base, **changes})


def test_a_claim_takes_the_job_raises_fence_and_attempt_and_is_seen_by_readers(sessions: Sessions) -> None:
    queued = queue_job(sessions)
    job, _ = claim(sessions)
    assert (job.id, job.state, job.attempt, job.fence) == (queued.id, "running", 1, 1)
    shown = read(sessions, job.id)
    assert shown.version > queued.version
    assert [entry["state"] for entry in shown.transitions] == ["queued", "running"]


def test_nothing_is_claimed_from_an_empty_queue(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        assert claims.claim(tx, WORKER, 30) is None


def test_claims_follow_priority_then_fewest_running_then_age(sessions: Sessions, other_project: ProjectId) -> None:
    first = queue_job(sessions)
    second = queue_job(sessions)
    others = queue_job(sessions, other_project)
    urgent = queue_job(sessions, priority=9)
    order = [claim(sessions)[0].id for _ in range(4)]
    assert order == [urgent.id, others.id, first.id, second.id]


def test_of_many_claims_at_once_each_job_goes_to_one_worker(sessions: Sessions) -> None:
    queued = {queue_job(sessions).id for _ in range(8)}
    taken: list[str] = []

    def work() -> None:
        while True:
            with transaction(sessions) as tx:
                job = claims.claim(tx, WORKER, 30)
            if job is None:
                return
            taken.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(queued)
    assert set(taken) == queued


def test_progress_is_written_and_says_what_was_asked(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    with transaction(sessions) as tx:
        assert leases.record(tx, lease, 30, progress(epochs={1: {"train_loss": 0.5}})) is None
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
    with transaction(sessions) as tx:
        assert leases.renew(tx, lease, 30) == "cancel"
        assert [row.metrics for row in epochs.downsampled(tx, job.id, 0, 100)] == [{"train_loss": 0.5}]
    assert read(sessions, job.id).metrics == {"train_loss": 0.5}


def test_epochs_done_again_after_a_takeover_replace_those_of_the_lost_attempt(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    with transaction(sessions) as tx:
        leases.record(tx, lease, 30, progress(epochs={e: {"train_loss": 9.0} for e in (1, 2, 3)}))
        leases.record(tx, lease, 30, progress(epochs={2: {"train_loss": 1.0}}))
        rows = epochs.downsampled(tx, job.id, 0, 100)
    assert [(row.epoch, row.metrics["train_loss"]) for row in rows] == [(1, 9.0), (2, 1.0)]


def test_epochs_beyond_the_checkpoint_of_a_lost_attempt_are_gone_with_the_next_record(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    with transaction(sessions) as tx:
        leases.record(tx, lease, 30, progress(epoch=3, epochs={e: {"train_loss": 9.0} for e in (1, 2, 3)}))
        leases.record(tx, lease, 30, progress(epoch=1))
        assert [row.epoch for row in epochs.downsampled(tx, job.id, 0, 100)] == [1]


WRITES = {
    "renew": lambda tx, lease: leases.renew(tx, lease, 30),
    "record": lambda tx, lease: leases.record(tx, lease, 30, progress()),
    "succeed": lambda tx, lease: leases.succeed(tx, lease, "epochs_done", {"blob_id": "blb_1"}),
    "fail": lambda tx, lease: leases.fail(tx, lease, {"code": "internal"}),
    "cancel": leases.cancel,
    "pause": leases.pause,
    "give_back": leases.release,
}


@pytest.mark.parametrize("write_name", WRITES)
def test_no_write_under_an_old_fence_changes_anything(sessions: Sessions, write_name: str) -> None:
    queue_job(sessions)
    job, lease = claim(sessions, lease_seconds=-1)
    with transaction(sessions) as tx:
        release_lapsed(tx, max_attempts=3)
    _, newer = claim(sessions)
    before = read(sessions, job.id).version
    with pytest.raises(LeaseLost), transaction(sessions) as tx:
        WRITES[write_name](tx, lease)
    after = read(sessions, job.id)
    assert (after.version, after.fence, after.state) == (before, newer.fence, "running")


@pytest.mark.parametrize("end_name", ["fail", "cancel", "give_back"])
@pytest.mark.parametrize("write_name", WRITES)
def test_no_write_changes_a_job_that_its_holder_has_let_go(sessions: Sessions, write_name: str, end_name: str) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    with transaction(sessions) as tx:
        WRITES[end_name](tx, lease)
    before = read(sessions, job.id)
    with pytest.raises(LeaseLost), transaction(sessions) as tx:
        WRITES[write_name](tx, lease)
    after = read(sessions, job.id)
    assert (after.version, after.state) == (before.version, before.state)


def test_a_checkpoint_under_an_old_fence_is_not_kept(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    blob = write(sessions, chunks_of(b"state"))
    stale = Lease(job_id=lease.job_id, fence=lease.fence - 1)
    with pytest.raises(LeaseLost), transaction(sessions) as tx:
        leases.add_checkpoint(tx, stale, blob.id, "here")
    with snapshot(sessions) as tx:
        assert checkpoints.blobs_of(tx, lease.job_id) == []
    assert read(sessions, job.id).checkpoint_id is None


def test_the_last_two_checkpoints_are_kept_newest_first(sessions: Sessions) -> None:
    queue_job(sessions)
    _, lease = claim(sessions)
    stored = [write(sessions, chunks_of(bytes([number]))).id for number in range(4)]
    for blob_id in stored:
        with transaction(sessions) as tx:
            leases.add_checkpoint(tx, lease, blob_id, "here")
    with snapshot(sessions) as tx:
        assert checkpoints.blobs_of(tx, lease.job_id) == [stored[3], stored[2]]


def test_a_job_that_goes_on_from_a_checkpoint_of_other_arithmetic_is_not_bit_exact(sessions: Sessions) -> None:
    queue_job(sessions)
    for name, exact in (("here", True), ("here", True), ("there", False), ("here", False)):
        with transaction(sessions) as tx:
            job = claims.claim(tx, WORKER, 30, fingerprint_policy=FingerprintPolicy(fingerprint=name))
        assert job is not None
        lease = Lease(job_id=JobId(job.id), fence=job.fence)
        assert (read(sessions, job.id).bit_exact, read(sessions, job.id).fingerprint) == (exact, "here")
        blob = write(sessions, chunks_of(b"state"))
        with transaction(sessions) as tx:
            leases.add_checkpoint(tx, lease, blob.id, name)
            leases.release(tx, lease)


def test_a_job_that_begins_again_elsewhere_is_bit_exact_there(sessions: Sessions) -> None:
    queue_job(sessions)
    for name in ("here", "there"):
        with transaction(sessions) as tx:
            job = claims.claim(tx, WORKER, 30, fingerprint_policy=FingerprintPolicy(fingerprint=name))
        assert job is not None
        assert (job.bit_exact, job.fingerprint) == (True, name)
        with transaction(sessions) as tx:
            leases.release(tx, Lease(job_id=JobId(job.id), fence=job.fence))


def test_a_lapsed_job_is_queued_again_and_its_attempt_stays_charged(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim(sessions, lease_seconds=-1)
    with transaction(sessions) as tx:
        release_lapsed(tx, max_attempts=3)
    shown = read(sessions, job.id)
    assert (shown.state, shown.attempt, shown.worker_id) == ("queued", 1, None)


def test_a_job_that_loses_too_many_workers_fails_as_worker_lost(sessions: Sessions) -> None:
    queue_job(sessions)
    for _ in range(3):
        job, _ = claim(sessions, lease_seconds=-1)
        with transaction(sessions) as tx:
            release_lapsed(tx, max_attempts=3)
    shown = read(sessions, job.id)
    assert shown.state == "failed"
    assert shown.error is not None
    assert shown.error["code"] == "worker_lost"
    assert shown.finished_at is not None


def test_a_lapsed_job_that_was_to_be_canceled_is_canceled(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim(sessions, lease_seconds=-1)
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
        release_lapsed(tx, max_attempts=3)
    assert read(sessions, job.id).state == "canceled"


ASKS = {"cancel": jobs.cancel, "stop": jobs.stop, "pause": jobs.pause, "resume": jobs.resume}


@pytest.mark.parametrize(
    ("asked", "end", "state", "requested"),
    [
        ("pause", "pause", "paused", None),
        ("pause cancel", "pause", "canceled", None),
        ("pause stop", "pause", "queued", "stop"),
        ("pause resume", "pause", "queued", None),
        ("cancel", "give_back", "canceled", None),
        ("pause", "give_back", "paused", None),
        ("stop", "give_back", "queued", "stop"),
        ("stop cancel", "succeed", "canceled", None),
        ("cancel", "fail", "canceled", None),
    ],
)
def test_what_is_asked_up_to_the_last_moment_decides_how_a_turn_ends(
    sessions: Sessions, asked: str, end: str, state: str, requested: str | None
) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    for action in asked.split():
        with transaction(sessions) as tx:
            ASKS[action](tx, DEFAULT_PROJECT, job.id)
    with transaction(sessions) as tx:
        WRITES[end](tx, lease)
    shown = read(sessions, job.id)
    assert (shown.state, shown.requested, shown.transitions[-1]["state"]) == (state, requested, state)
    assert (shown.finished_at is not None, shown.model_id, shown.error) == (state == "canceled", None, None)


@pytest.mark.parametrize("asked", ["pause", "resume"])
def test_a_queued_job_that_is_to_stop_stays_so_when_it_is_asked_to(sessions: Sessions, asked: str) -> None:
    job = queue_job(sessions)
    for action in ("stop", asked):
        with transaction(sessions) as tx:
            ASKS[action](tx, DEFAULT_PROJECT, job.id)
    shown = read(sessions, job.id)
    assert (shown.state, shown.requested) == ("queued", "stop")


def test_the_weights_of_a_job_that_was_canceled_meanwhile_are_removed_with_its_model(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    blob = write(sessions, chunks_of(b"weights"))
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
        leases.succeed(tx, lease, "epochs_done", {"blob_id": blob.id})
    assert count(sessions, Blob) == count(sessions, Model) == 0


def count(sessions: Sessions, table: type[Base]) -> int:
    with snapshot(sessions) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


WITHOUT_A_WORKER = {
    "canceled in the queue": ("give_back", "cancel"),
    "canceled while paused": ("pause", "cancel"),
    "canceled when it lapses": ("cancel", "lapse"),
    "failed when it lapses": ("stop", "lapse"),
}


@pytest.mark.parametrize("steps", WITHOUT_A_WORKER.values(), ids=WITHOUT_A_WORKER.keys())
def test_a_job_that_ends_without_a_worker_leaves_no_checkpoint_and_asks_for_nothing(
    sessions: Sessions, steps: tuple[str, str]
) -> None:
    queue_job(sessions)
    job, lease = claim(sessions, lease_seconds=-1)
    blob = write(sessions, chunks_of(b"state"))
    with transaction(sessions) as tx:
        leases.add_checkpoint(tx, lease, blob.id, "here")
    acts = {
        "give_back": lambda tx: leases.release(tx, lease),
        "lapse": lambda tx: release_lapsed(tx, max_attempts=1),
        "pause": lambda tx: [jobs.pause(tx, DEFAULT_PROJECT, job.id), leases.pause(tx, lease)],
        "cancel": lambda tx: jobs.cancel(tx, DEFAULT_PROJECT, job.id),
        "stop": lambda tx: jobs.stop(tx, DEFAULT_PROJECT, job.id),
    }
    for step in steps:
        with transaction(sessions) as tx:
            acts[step](tx)
    shown = read(sessions, job.id)
    assert shown.state in jobs.TERMINAL
    assert shown.requested is None
    assert count(sessions, Checkpoint) == count(sessions, Blob) == 0


def test_a_job_with_a_living_lease_is_left_alone(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim(sessions)
    with transaction(sessions) as tx:
        release_lapsed(tx, max_attempts=3)
    assert read(sessions, job.id).state == "running"


def test_a_job_given_back_is_not_charged_for_the_attempt(sessions: Sessions) -> None:
    queue_job(sessions)
    _, lease = claim(sessions)
    with transaction(sessions) as tx:
        leases.release(tx, lease)
    job, newer = claim(sessions)
    assert (job.attempt, newer.fence) == (1, 2)


def test_a_waiting_job_is_canceled_at_once_and_for_good(sessions: Sessions) -> None:
    job = queue_job(sessions)
    with transaction(sessions) as tx:
        assert jobs.cancel(tx, DEFAULT_PROJECT, job.id).state == "canceled"
    with transaction(sessions) as tx:
        assert claims.claim(tx, WORKER, 30) is None
    with pytest.raises(JobFinished), transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)


def test_another_projects_job_cannot_be_seen_or_canceled(sessions: Sessions, other_project: ProjectId) -> None:
    job = queue_job(sessions)
    with pytest.raises(NotFound), snapshot(sessions) as tx:
        jobs.get(tx, other_project, job.id)
    with pytest.raises(NotFound), transaction(sessions) as tx:
        jobs.cancel(tx, other_project, job.id)
    assert read(sessions, job.id).state == "queued"


def test_a_jobs_events_are_numbered_without_gaps(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim(sessions)
    with transaction(sessions) as tx:
        leases.release(tx, lease)
    with snapshot(sessions) as tx:
        rows = events.after(tx, JobId(job.id), 0, 100)
    assert [(row.number, row.type) for row in rows] == [(1, "job.queued"), (2, "job.running"), (3, "job.queued")]


def test_thinned_metrics_are_evenly_spaced_and_end_with_the_newest(sessions: Sessions) -> None:
    job = queue_job(sessions)
    with transaction(sessions) as tx:
        epochs.append(tx, job.id, 251, 250, {e: {"train_loss": 1 / e} for e in range(1, 251)})
        rows = [row.epoch for row in epochs.downsampled(tx, job.id, after=0, max_points=50)]
    assert len(rows) == 50
    assert rows[-1] == 250
    assert len({later - earlier for earlier, later in itertools.pairwise(rows)}) == 1


def test_the_lease_is_judged_by_the_databases_clock(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim(sessions, lease_seconds=3600)
    with transaction(sessions) as tx:
        tx.execute(update(Job).values(lease_until=Job.updated_at - 1))
        release_lapsed(tx, max_attempts=3)
    assert read(sessions, job.id).state == "queued"
