"""Owners stop, pause, resume, cancel and delete jobs that a worker runs."""

import threading
from collections.abc import Callable

import numpy as np
from sqlalchemy import func, select, update

from engine.interchange.safetensors import load_safetensors
from messaging.channels import ACTION_REQUESTED
from store.artifacts import blobs
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, JobId
from store.jobs import checkpoints, epochs, jobs
from store.tables import Blob, Epoch, Event, Job, Model
from tests.support.worker_fixture import WorkerFixture

LONG = {"training": {"epochs": 10_000, "batch_size": 8}}
DROPOUT = {"model": {"layers": [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.3}]}}
MEDIUM = {**DROPOUT, "training": {"epochs": 300, "batch_size": 8}}

Action = Callable[..., Job]


def request(worker_fixture: WorkerFixture, action: Action, job_id: str) -> Job:
    with transaction(worker_fixture.sessions) as tx:
        job = action(tx, DEFAULT_PROJECT, job_id)
    worker_fixture.notifier.publish_change(job_id, ACTION_REQUESTED)
    return job


def test_a_stopped_job_succeeds_with_the_best_weights_so_far(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), **LONG)
    worker = worker_fixture.start_and_wait_until_training(job_id)
    assert request(worker_fixture, jobs.stop, job_id).requested == "stop"
    worker.join(timeout=10)
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason, job.requested) == ("succeeded", "user_stop", None)
    assert 0 < job.epoch < 10_000
    assert job.model_id is not None


def test_a_paused_job_frees_its_worker_and_resumes_to_the_same_bits(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    uninterrupted = worker_fixture.queue(dataset_id, **MEDIUM)
    worker_fixture.run_all()
    job_id = worker_fixture.queue(dataset_id, **MEDIUM)
    worker = worker_fixture.start_and_wait_until_training(job_id)
    request(worker_fixture, jobs.pause, job_id)
    worker.join(timeout=10)
    paused = worker_fixture.job(job_id)
    assert (paused.state, paused.requested, paused.attempt, paused.worker_id) == ("paused", None, 0, None)
    worker_fixture.run_all()
    assert worker_fixture.job(job_id).state == "paused"
    assert request(worker_fixture, jobs.resume, job_id).state == "queued"
    worker_fixture.run_all()
    assert worker_fixture.job(job_id).state == "succeeded"
    assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(uninterrupted)


def test_a_paused_job_can_be_stopped_and_gets_a_model(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), **LONG)
    worker = worker_fixture.start_and_wait_until_training(job_id)
    request(worker_fixture, jobs.pause, job_id)
    worker.join(timeout=10)
    epoch = worker_fixture.job(job_id).epoch
    assert request(worker_fixture, jobs.stop, job_id).state == "queued"
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason) == ("succeeded", "user_stop")
    assert epoch - 50 <= job.epoch <= epoch + 50


def lose_worker(worker_fixture: WorkerFixture, worker: threading.Thread) -> None:
    """Take the job from its worker as the scheduler does, but without waiting for the lease to expire."""
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Job).values(state="paused", fence=Job.fence + 1, worker_id=None, lease_until=None))
    worker.join(timeout=10)  # so that it does not claim the job again
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Job).values(state="queued"))


def test_a_job_stopped_after_a_lost_worker_redoes_its_epochs_first(worker_fixture: WorkerFixture) -> None:
    training = {"epochs": 10_000, "batch_size": 8, "checkpoint_every_seconds": 3600}
    job_id = worker_fixture.queue(worker_fixture.upload(), training=training)
    lose_worker(worker_fixture, worker_fixture.start_and_wait_until_training(job_id))
    lost = worker_fixture.job(job_id)
    assert lost.epoch > 0
    assert lost.best is not None
    request(worker_fixture, jobs.stop, job_id)
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason, job.epoch, job.attempt) == ("succeeded", "user_stop", lost.epoch, 2)
    assert job.best is not None
    assert (job.best["epoch"], job.best["val_loss"]) == (lost.best["epoch"], lost.best["val_loss"])
    with snapshot(worker_fixture.sessions) as tx:
        rows = [row.epoch for row in epochs.downsampled(tx, job_id, 0, 1000)]
        model = tx.get_one(Model, job.model_id)
    assert rows[-1] == job.epoch
    assert len(rows) == len(set(rows))
    assert model.metrics["val_loss"] == job.best["val_loss"]


def test_a_job_that_restarts_does_not_show_the_lost_epochs(worker_fixture: WorkerFixture) -> None:
    training = {"epochs": 10_000, "batch_size": 8, "checkpoint_every_seconds": 3600}
    job_id = worker_fixture.queue(worker_fixture.upload(), training=training)
    lose_worker(worker_fixture, worker_fixture.start_and_wait_until_training(job_id))
    worker_fixture.run_all(draining=iter([False, True, True]).__next__)
    job = worker_fixture.job(job_id)
    assert (job.state, job.epoch, job.best, job.metrics) == ("queued", 0, None, {})
    with snapshot(worker_fixture.sessions) as tx:
        assert epochs.downsampled(tx, job_id, 0, 1000) == []


def test_max_runtime_counts_the_seconds_of_all_attempts(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(
        worker_fixture.upload(), training={"epochs": 10_000, "batch_size": 8, "max_runtime_seconds": 600}
    )
    checks = iter(range(10_000))
    worker_fixture.run_all(draining=lambda: next(checks) > 200)
    first = worker_fixture.job(job_id).ran_seconds
    assert 0 < first < 60
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Job).values(ran_seconds=Job.ran_seconds + 600))
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason) == ("succeeded", "max_runtime")
    assert 600 + first < job.ran_seconds < 660


def test_a_queued_job_is_paused_at_once_and_can_be_resumed(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    first, second = worker_fixture.queue(dataset_id, **DROPOUT), worker_fixture.queue(dataset_id, **DROPOUT)
    assert request(worker_fixture, jobs.pause, first).state == "paused"
    worker_fixture.run_all()
    assert (worker_fixture.job(first).state, worker_fixture.job(second).state) == ("paused", "succeeded")
    request(worker_fixture, jobs.resume, first)
    worker_fixture.run_all()
    assert worker_fixture.job(first).state == "succeeded"


def test_cancel_overrides_stop_and_stop_overrides_pause(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    worker_fixture.claim()
    assert request(worker_fixture, jobs.pause, job_id).requested == "pause"
    assert request(worker_fixture, jobs.stop, job_id).requested == "stop"
    assert request(worker_fixture, jobs.pause, job_id).requested == "stop"
    assert request(worker_fixture, jobs.cancel, job_id).requested == "cancel"
    assert request(worker_fixture, jobs.stop, job_id).requested == "cancel"
    assert request(worker_fixture, jobs.resume, job_id).requested == "cancel"


def test_a_run_that_diverged_leaves_its_last_finite_weights(worker_fixture: WorkerFixture) -> None:
    training = {"epochs": 5, "optimizer": {"type": "sgd", "learning_rate": 1e9}}
    job_id = worker_fixture.queue(worker_fixture.upload(), training=training)
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.model_id) == ("failed", None)
    assert job.weights_blob_id is not None
    weights = load_safetensors(b"".join(blobs.read_verified(worker_fixture.sessions, job.weights_blob_id)))
    assert all(np.isfinite(array).all() for array in weights.values())


def test_deleting_a_job_deletes_everything_it_stored(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    worker_fixture.run_all()
    with transaction(worker_fixture.sessions) as tx:
        jobs.remove(tx, DEFAULT_PROJECT, job_id)
    with snapshot(worker_fixture.sessions) as tx:
        counts = [tx.scalar(select(func.count()).select_from(table)) for table in (Job, Model, Epoch, Event, Blob)]
        assert checkpoints.blobs_of(tx, JobId(job_id)) == []
    assert counts == [0, 0, 0, 0, 1]
