"""Leases: who may write to a job, and what happens to a job whose worker stops renewing its lease."""

import threading

import pytest
from sqlalchemy import func, select, update

from store.artifacts.blobs import chunks_of, write
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot, transaction
from store.errors import LeaseLost
from store.ids import DEFAULT_PROJECT, JobId, ProjectId, WorkerId
from store.jobs import checkpoints, claims, epochs, jobs, leases
from store.jobs.claims import FingerprintPolicy
from store.jobs.leases import Lease
from store.jobs.states import TERMINAL
from store.tables import Base, Blob, Checkpoint, Job, Model
from tests.support.store import claim_job, make_progress, queue_job

WORKER = WorkerId("wrk_1")


def requeue_expired(tx: Tx) -> None:
    """Release all jobs whose leases have expired."""
    for expired in leases.expired(tx, limit=100):
        leases.release_expired(tx, expired.lease)


def fail_expired(tx: Tx) -> None:
    """Fail all jobs whose leases have expired."""
    for expired in leases.expired(tx, limit=100):
        leases.fail_expired(tx, expired.lease, {"code": "worker_lost"})


def read(sessions: Sessions, job_id: str) -> Job:
    with snapshot(sessions) as tx:
        return jobs.get(tx, DEFAULT_PROJECT, job_id)


def test_claim_raises_fence_attempt_and_version(sessions: Sessions) -> None:
    queued = queue_job(sessions)
    job, _ = claim_job(sessions)
    assert (job.id, job.state, job.attempt, job.fence) == (queued.id, "running", 1, 1)
    shown = read(sessions, job.id)
    assert shown.version > queued.version
    assert [entry["state"] for entry in shown.transitions] == ["queued", "running"]


def test_claim_from_an_empty_queue_returns_none(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        assert claims.claim(tx, WORKER, 30) is None


def test_claims_follow_priority_then_fewest_running_then_age(sessions: Sessions, other_project: ProjectId) -> None:
    first = queue_job(sessions)
    second = queue_job(sessions)
    others = queue_job(sessions, other_project)
    urgent = queue_job(sessions, priority=9)
    order = [claim_job(sessions)[0].id for _ in range(4)]
    assert order == [urgent.id, others.id, first.id, second.id]


def test_concurrent_claims_give_each_job_to_one_worker(sessions: Sessions) -> None:
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


def test_record_writes_progress_and_renew_returns_the_requested_action(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        assert leases.record(tx, lease, 30, make_progress(epochs={1: {"train_loss": 0.5}})) is None
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
    with transaction(sessions) as tx:
        assert leases.renew(tx, lease, 30) == "cancel"
        assert [row.metrics for row in epochs.downsampled(tx, job.id, 0, 100)] == [{"train_loss": 0.5}]
    assert read(sessions, job.id).metrics == {"train_loss": 0.5}


WRITES = {
    "renew": lambda tx, lease: leases.renew(tx, lease, 30),
    "record": lambda tx, lease: leases.record(tx, lease, 30, make_progress()),
    "succeed": lambda tx, lease: leases.succeed(tx, lease, "epochs_done", {"blob_id": "blb_1"}),
    "fail": lambda tx, lease: leases.fail(tx, lease, {"code": "internal"}),
    "cancel": leases.cancel,
    "pause": leases.pause,
    "release": leases.release,
}


@pytest.mark.parametrize("write_name", WRITES)
def test_write_under_an_old_fence_changes_nothing(sessions: Sessions, write_name: str) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions, lease_seconds=-1)
    with transaction(sessions) as tx:
        requeue_expired(tx)
    _, newer = claim_job(sessions)
    before = read(sessions, job.id).version
    with pytest.raises(LeaseLost), transaction(sessions) as tx:
        WRITES[write_name](tx, lease)
    after = read(sessions, job.id)
    assert (after.version, after.fence, after.state) == (before, newer.fence, "running")


@pytest.mark.parametrize("end_name", ["fail", "cancel", "release"])
@pytest.mark.parametrize("write_name", WRITES)
def test_write_after_the_job_was_released_changes_nothing(sessions: Sessions, write_name: str, end_name: str) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        WRITES[end_name](tx, lease)
    before = read(sessions, job.id)
    with pytest.raises(LeaseLost), transaction(sessions) as tx:
        WRITES[write_name](tx, lease)
    after = read(sessions, job.id)
    assert (after.version, after.state) == (before.version, before.state)


def test_checkpoint_under_an_old_fence_is_not_kept(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    blob = write(sessions, chunks_of(b"state"))
    stale = Lease(job_id=lease.job_id, fence=lease.fence - 1)
    with pytest.raises(LeaseLost), transaction(sessions) as tx:
        leases.add_checkpoint(tx, stale, blob.id, "here")
    with snapshot(sessions) as tx:
        assert checkpoints.blobs_of(tx, lease.job_id) == []
    assert read(sessions, job.id).checkpoint_id is None


def test_last_two_checkpoints_are_kept_newest_first(sessions: Sessions) -> None:
    queue_job(sessions)
    _, lease = claim_job(sessions)
    stored = [write(sessions, chunks_of(bytes([number]))).id for number in range(4)]
    for blob_id in stored:
        with transaction(sessions) as tx:
            leases.add_checkpoint(tx, lease, blob_id, "here")
    with snapshot(sessions) as tx:
        assert checkpoints.blobs_of(tx, lease.job_id) == [stored[3], stored[2]]


def test_job_resumed_under_another_fingerprint_is_not_bit_exact(sessions: Sessions) -> None:
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


def test_job_without_checkpoint_stays_bit_exact_on_another_worker(sessions: Sessions) -> None:
    queue_job(sessions)
    for name in ("here", "there"):
        with transaction(sessions) as tx:
            job = claims.claim(tx, WORKER, 30, fingerprint_policy=FingerprintPolicy(fingerprint=name))
        assert job is not None
        assert (job.bit_exact, job.fingerprint) == (True, name)
        with transaction(sessions) as tx:
            leases.release(tx, Lease(job_id=JobId(job.id), fence=job.fence))


def test_expired_job_is_requeued_and_its_attempt_charged(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim_job(sessions, lease_seconds=-1)
    with transaction(sessions) as tx:
        requeue_expired(tx)
    shown = read(sessions, job.id)
    assert (shown.state, shown.attempt, shown.worker_id) == ("queued", 1, None)


def test_failed_expired_job_ends_with_its_error(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim_job(sessions, lease_seconds=-1)
    with transaction(sessions) as tx:
        fail_expired(tx)
    shown = read(sessions, job.id)
    assert (shown.state, shown.error, shown.worker_id) == ("failed", {"code": "worker_lost"}, None)
    assert shown.finished_at is not None


def test_expired_job_with_a_requested_cancel_is_canceled(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim_job(sessions, lease_seconds=-1)
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
        requeue_expired(tx)
    assert read(sessions, job.id).state == "canceled"


ACTIONS = {"cancel": jobs.cancel, "stop": jobs.stop, "pause": jobs.pause, "resume": jobs.resume}


@pytest.mark.parametrize(
    ("actions", "end", "state", "requested"),
    [
        ("pause", "pause", "paused", None),
        ("pause cancel", "pause", "canceled", None),
        ("pause stop", "pause", "queued", "stop"),
        ("pause resume", "pause", "queued", None),
        ("cancel", "release", "canceled", None),
        ("pause", "release", "paused", None),
        ("stop", "release", "queued", "stop"),
        ("stop cancel", "succeed", "canceled", None),
        ("cancel", "fail", "canceled", None),
    ],
)
def test_last_requested_action_decides_how_a_job_run_ends(
    sessions: Sessions, actions: str, end: str, state: str, requested: str | None
) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    for action in actions.split():
        with transaction(sessions) as tx:
            ACTIONS[action](tx, DEFAULT_PROJECT, job.id)
    with transaction(sessions) as tx:
        WRITES[end](tx, lease)
    shown = read(sessions, job.id)
    assert (shown.state, shown.requested, shown.transitions[-1]["state"]) == (state, requested, state)
    assert (shown.finished_at is not None, shown.model_id, shown.error) == (state == "canceled", None, None)


def test_job_canceled_before_its_end_keeps_no_weights_or_model(sessions: Sessions) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions)
    blob = write(sessions, chunks_of(b"weights"))
    with transaction(sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)
        leases.succeed(tx, lease, "epochs_done", {"blob_id": blob.id})
    assert count(sessions, Blob) == count(sessions, Model) == 0


def count(sessions: Sessions, table: type[Base]) -> int:
    with snapshot(sessions) as tx:
        return tx.scalar(select(func.count()).select_from(table)) or 0


WITHOUT_A_WORKER = {
    "canceled in the queue": ("release", "cancel"),
    "canceled while paused": ("pause", "cancel"),
    "canceled when its lease expires": ("cancel", "expire"),
    "failed when its lease expires": ("stop", "expire"),
}


@pytest.mark.parametrize("steps", WITHOUT_A_WORKER.values(), ids=WITHOUT_A_WORKER.keys())
def test_job_that_ends_without_a_worker_keeps_no_checkpoint_or_request(
    sessions: Sessions, steps: tuple[str, str]
) -> None:
    queue_job(sessions)
    job, lease = claim_job(sessions, lease_seconds=-1)
    blob = write(sessions, chunks_of(b"state"))
    with transaction(sessions) as tx:
        leases.add_checkpoint(tx, lease, blob.id, "here")
    acts = {
        "release": lambda tx: leases.release(tx, lease),
        "expire": fail_expired,
        "pause": lambda tx: [jobs.pause(tx, DEFAULT_PROJECT, job.id), leases.pause(tx, lease)],
        "cancel": lambda tx: jobs.cancel(tx, DEFAULT_PROJECT, job.id),
        "stop": lambda tx: jobs.stop(tx, DEFAULT_PROJECT, job.id),
    }
    for step in steps:
        with transaction(sessions) as tx:
            acts[step](tx)
    shown = read(sessions, job.id)
    assert shown.state in TERMINAL
    assert shown.requested is None
    assert count(sessions, Checkpoint) == count(sessions, Blob) == 0


def test_job_with_a_valid_lease_is_not_expired(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim_job(sessions)
    with transaction(sessions) as tx:
        requeue_expired(tx)
    assert read(sessions, job.id).state == "running"


def test_released_job_is_not_charged_for_the_attempt(sessions: Sessions) -> None:
    queue_job(sessions)
    _, lease = claim_job(sessions)
    with transaction(sessions) as tx:
        leases.release(tx, lease)
    job, newer = claim_job(sessions)
    assert (job.attempt, newer.fence) == (1, 2)


def test_leases_are_compared_by_the_clock_of_the_database(sessions: Sessions) -> None:
    queue_job(sessions)
    job, _ = claim_job(sessions, lease_seconds=3600)
    with transaction(sessions) as tx:
        tx.execute(update(Job).values(lease_until=Job.updated_at - 1))
        requeue_expired(tx)
    assert read(sessions, job.id).state == "queued"
