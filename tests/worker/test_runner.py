"""Tests for worker/runner.py: how jobs can end, and that interrupted jobs give the same weights."""

import pytest
import redis
from sqlalchemy import delete, update

from engine.interchange.safetensors import load_metadata, load_safetensors
from messaging.celery_app import QUEUE
from messaging.channels import ACTION_REQUESTED
from store.artifacts import blobs, datasets
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, JobId
from store.jobs import checkpoints, epochs, jobs
from store.tables import BlobChunk, Job, Model
from tests.support.tables import flowers, prices
from tests.support.worker_fixture import WorkerFixture, stop_after, wait_until
from worker.maintenance.scheduler import Scheduler
from worker.runner import Runner

LONG = {"training": {"epochs": 10_000, "batch_size": 8}}
DROPOUT = {"model": {"layers": [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.3}]}}
SHORT = {**DROPOUT, "training": {"epochs": 6, "batch_size": 16, "checkpoint_every_seconds": 3600}}


def test_a_queued_job_becomes_a_model_with_metrics_and_evaluation(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload())
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.fraction, job.error) == ("succeeded", 1.0, None)
    assert [entry["state"] for entry in job.transitions] == ["queued", "running", "succeeded"]
    with snapshot(worker_fixture.sessions) as tx:
        model = tx.get_one(Model, job.model_id)
        done = [row.epoch for row in epochs.downsampled(tx, job_id, 0, 1000)]
        assert checkpoints.blobs_of(tx, JobId(job_id)) == []
    assert done == list(range(1, job.epoch + 1))
    assert model.evaluation is not None
    assert model.evaluation["accuracy"] > model.evaluation["baseline"]["accuracy"]
    data = b"".join(blobs.read_verified(worker_fixture.sessions, model.blob_id))
    weights, metadata = load_safetensors(data), load_metadata(data)
    assert sum(array.size for array in weights.values()) == model.parameters
    assert metadata["torch"].splitlines()[-1].startswith("torch.nn.Sequential(")  # after classes that PyTorch lacks


def test_regression_losses_are_in_the_units_of_the_target(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(prices()), target="price", training={"epochs": 40})
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    with snapshot(worker_fixture.sessions) as tx:
        evaluation = tx.get_one(Model, job.model_id).evaluation
    assert evaluation is not None
    assert job.best is not None
    assert job.best["val_loss"] == pytest.approx(evaluation["rmse"] ** 2, rel=1e-3)
    assert evaluation["r2"] > 0.5


def test_an_evaluation_says_which_rows_were_held_out(worker_fixture: WorkerFixture) -> None:
    validation = {"fraction": 0.25, "by": "time", "column": "length"}
    job = worker_fixture.train(worker_fixture.upload(), training={"epochs": 1, "validation": validation})
    with snapshot(worker_fixture.sessions) as tx:
        evaluation = tx.get_one(Model, job.model_id).evaluation
    assert evaluation is not None
    assert evaluation["rows"] == evaluation["validation"]["rows"]
    assert (evaluation["validation"]["by"], evaluation["validation"]["column"]) == ("time", "length")


def test_a_feature_that_alone_predicts_the_target_is_reported(worker_fixture: WorkerFixture) -> None:
    header, *lines = flowers(200).splitlines()
    copied = "\n".join([f"{header},copy", *(f"{line},{line.rsplit(',', 1)[1].upper()}" for line in lines)])
    job = worker_fixture.train(worker_fixture.upload(copied), training={"epochs": 1})
    assert [warning["column"] for warning in job.warnings if warning["code"] == "leakage"] == ["copy"]


def test_a_job_without_validation_rows_has_no_evaluation(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), training={"epochs": 2, "validation": {"fraction": 0}})
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert job.metrics.keys() >= {"train_loss"}
    assert "val_loss" not in job.metrics
    with snapshot(worker_fixture.sessions) as tx:
        assert tx.get_one(Model, job.model_id).evaluation is None


def test_without_validation_rows_a_model_has_the_metrics_of_the_last_epoch(
    worker_fixture: WorkerFixture,
) -> None:
    optimizer = {"type": "adam", "learning_rate": 0.3}
    training = {"epochs": 6, "batch_size": 16, "optimizer": optimizer, "validation": {"fraction": 0}}
    job_id = worker_fixture.queue(worker_fixture.upload(), training=training)
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    with snapshot(worker_fixture.sessions) as tx:
        losses = [row.metrics["train_loss"] for row in epochs.downsampled(tx, job_id, 0, 1000)]
        model = tx.get_one(Model, job.model_id)
    assert min(losses) < losses[-1]
    assert job.best is not None
    assert (job.best["epoch"], model.metrics["train_loss"]) == (6, losses[-1])


def test_an_interrupted_job_with_sample_weights_gives_the_same_bits(worker_fixture: WorkerFixture) -> None:
    lines = flowers().splitlines()
    trusted = [f"{lines[0]},trust", *(f"{line},{number % 4}" for number, line in enumerate(lines[1:]))]
    dataset_id = worker_fixture.upload("\n".join(trusted) + "\n")
    body = {**DROPOUT, "sample_weight": "trust", "training": {**SHORT["training"], "class_weight": "balanced"}}
    uninterrupted = worker_fixture.queue(dataset_id, **body)
    plain = worker_fixture.queue(dataset_id, **SHORT)
    worker_fixture.run_all()
    interrupted = worker_fixture.queue(dataset_id, **body)
    worker_fixture.run_all(draining=stop_after(7))
    assert worker_fixture.job(interrupted).state == "queued"
    worker_fixture.run_all()
    assert (
        worker_fixture.weights_hash(interrupted)
        == worker_fixture.weights_hash(uninterrupted)
        != worker_fixture.weights_hash(plain)
    )


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_imbalanced_classes_give_a_warning_unless_classes_have_weights(
    worker_fixture: WorkerFixture, class_weight: str | None
) -> None:
    lines = flowers(200).splitlines()
    tulips = [line for line in lines if line.endswith("tulip")]
    rare = [*(line for line in lines if line not in tulips), *tulips[:4]]
    training = {"epochs": 3, "class_weight": class_weight}
    job_id = worker_fixture.queue(worker_fixture.upload("\n".join(rare) + "\n"), training=training)
    worker_fixture.run_all()
    codes = [warning["code"] for warning in worker_fixture.job(job_id).warnings]
    assert ("class_imbalance" in codes) == (class_weight is None)


def test_a_worker_notifies_the_next_one_after_its_run_seconds(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    queued = [worker_fixture.queue(dataset_id, training={"epochs": 1}) for _ in range(2)]
    with redis.Redis.from_url(worker_fixture.settings.redis_url) as broker:
        wait_until(lambda: broker.llen(QUEUE) == len(queued))
        Runner(worker_fixture.context(run_seconds=0)).run_all()
        assert [worker_fixture.job(job_id).state for job_id in queued] == ["succeeded", "queued"]
        wait_until(lambda: broker.llen(QUEUE) == len(queued) + 1)


def test_zero_epochs_give_the_initialized_network(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), training={"epochs": 0})
    worker_fixture.run_all()
    assert (worker_fixture.job(job_id).state, worker_fixture.job(job_id).stop_reason) == ("succeeded", "epochs_done")


@pytest.mark.parametrize("batches", [1, 3, 7, 20])
def test_a_job_interrupted_after_any_batch_gives_the_same_bits(worker_fixture: WorkerFixture, batches: int) -> None:
    dataset_id = worker_fixture.upload()
    uninterrupted = worker_fixture.queue(dataset_id, **SHORT)
    worker_fixture.run_all()
    interrupted = worker_fixture.queue(dataset_id, **SHORT)
    worker_fixture.run_all(draining=stop_after(batches))
    assert worker_fixture.job(interrupted).state == "queued"
    assert worker_fixture.job(interrupted).attempt == 0
    with snapshot(worker_fixture.sessions) as tx:
        assert len(checkpoints.blobs_of(tx, JobId(interrupted))) == 1
    worker_fixture.run_all()
    assert worker_fixture.job(interrupted).state == "succeeded"
    assert worker_fixture.weights_hash(interrupted) == worker_fixture.weights_hash(uninterrupted)


def test_a_damaged_checkpoint_is_skipped_for_the_one_before(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    uninterrupted = worker_fixture.queue(dataset_id, **SHORT)
    worker_fixture.run_all()
    interrupted = worker_fixture.queue(dataset_id, **SHORT)
    for batches in (2, 4):
        worker_fixture.run_all(draining=stop_after(batches))
    with snapshot(worker_fixture.sessions) as tx:
        newest, _ = checkpoints.blobs_of(tx, JobId(interrupted))
    damage(worker_fixture, newest)
    worker_fixture.run_all()
    assert worker_fixture.weights_hash(interrupted) == worker_fixture.weights_hash(uninterrupted)


def damage(worker_fixture: WorkerFixture, blob_id: str) -> None:
    with transaction(worker_fixture.sessions) as tx:
        chunk = tx.get_one(BlobChunk, (blob_id, 0))
        middle = len(chunk.data) // 2
        chunk.data = chunk.data[:middle] + bytes([chunk.data[middle] ^ 1]) + chunk.data[middle + 1 :]


def test_a_running_job_is_canceled_soon_after_the_request(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), **LONG)
    worker = worker_fixture.start_and_wait_until_training(job_id)
    with transaction(worker_fixture.sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job_id)
    worker_fixture.notifier.publish_change(job_id, ACTION_REQUESTED)
    worker.join(timeout=10)
    job = worker_fixture.job(job_id)
    assert (job.state, job.model_id, job.requested) == ("canceled", None, None)


def test_divergence_fails_the_job_and_names_epoch_batch_and_layer(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(
        worker_fixture.upload(), training={"optimizer": {"type": "sgd", "learning_rate": 1e9}}
    )
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason) == ("failed", "diverged")
    assert job.error is not None
    assert {"code", "detail", "epoch", "batch", "layer"} == job.error.keys()


def test_a_job_past_its_deadline_ends_with_the_best_weights_so_far(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(
        worker_fixture.upload(), training={"epochs": 10_000, "batch_size": 4, "max_runtime_seconds": 4.0}
    )
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason) == ("succeeded", "max_runtime")
    assert 0 < job.epoch < 10_000


def test_a_job_whose_data_set_was_deleted_fails(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    job_id = worker_fixture.queue(dataset_id)
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Job).values(finished_at=1))
        datasets.remove(tx, DEFAULT_PROJECT, dataset_id)
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert job.error is not None
    assert (job.state, job.error["code"]) == ("failed", "dataset_unusable")


def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(worker_fixture: WorkerFixture) -> None:
    job_id = worker_fixture.queue(worker_fixture.upload(), **LONG)
    worker = worker_fixture.start_and_wait_until_training(job_id)
    with transaction(worker_fixture.sessions) as tx:
        taken = tx.execute(update(Job).values(fence=Job.fence + 1, version=Job.version + 1).returning(Job.version))
        version = taken.scalar_one()
    worker.join(timeout=10)
    assert not worker.is_alive()
    job = worker_fixture.job(job_id)
    assert (job.state, job.version) == ("running", version)


def test_a_lost_workers_job_is_requeued_and_gives_the_same_bits(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    uninterrupted = worker_fixture.queue(dataset_id, **SHORT)
    worker_fixture.run_all()
    lost = worker_fixture.queue(dataset_id, **SHORT)
    worker_fixture.claim(lease_seconds=-1)
    Scheduler(worker_fixture.sessions, worker_fixture.settings).run_due_duties()
    assert worker_fixture.job(lost).state == "queued"
    worker_fixture.run_all()
    assert worker_fixture.job(lost).attempt == 2
    assert worker_fixture.weights_hash(lost) == worker_fixture.weights_hash(uninterrupted)


def test_a_job_whose_initial_weights_are_damaged_fails(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    base = worker_fixture.queue(dataset_id, training={"epochs": 1})
    worker_fixture.run_all()
    model_id = worker_fixture.job(base).model_id
    tuned = worker_fixture.queue(dataset_id, init_from={"model_id": model_id})
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(delete(BlobChunk).where(BlobChunk.blob_id == tx.get_one(Model, model_id).blob_id))
    worker_fixture.run_all()
    job = worker_fixture.job(tuned)
    assert (job.base_model_id, job.state, (job.error or {})["code"]) == (model_id, "failed", "base_unusable")
