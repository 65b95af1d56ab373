"""Tests for worker/job/learning_rate.py and for the range test of a job run."""

import itertools
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from messaging.channels import ACTION_REQUESTED
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, JobId
from store.jobs import jobs
from store.tables import Checkpoint, Event, Job
from tests.support.tables import prices
from tests.support.worker_fixture import WorkerFixture
from worker.job.loading import JobLoader

pytestmark = pytest.mark.one_database("sqlite")

STEPS = 40
LAYERS = {"model": {"layers": [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.3}]}}
TRAINING = {"epochs": 4, "batch_size": 16, "optimizer": {"type": "sgd", "momentum": 0.9}}
TESTED = {**LAYERS, "training": {**TRAINING, "range_test": {"lowest": 1e-4, "highest": 100, "steps": STEPS}}}


def from_check(number: int, act: Callable[[], bool]) -> Callable[[], bool]:
    """Return a drain flag, checked before jobs and between batches, that calls `act` from check `number` on."""
    checks = itertools.count(1)
    return lambda: next(checks) >= number and act()


def test_training_uses_the_learning_rate_that_the_range_test_found(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    job = worker_fixture.train(dataset_id, **TESTED)
    found = job.range_test
    assert found is not None
    assert 5 <= len(found["rates"]) == len(found["losses"]) <= STEPS
    assert any(found["suggested"] == pytest.approx(rate / 10, rel=1e-5) for rate in found["rates"])
    assert found["steepest"] in found["rates"]
    optimizer = {**TRAINING["optimizer"], "learning_rate": found["suggested"]}
    same = worker_fixture.train(dataset_id, **LAYERS, training={**TRAINING, "optimizer": optimizer})
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(same.id)
    with snapshot(worker_fixture.sessions) as tx:
        events = tx.execute(select(Event.data).where(Event.job_id == job.id, Event.type == "job.range_test")).all()
    assert events == [(found,)]


def test_bags_with_the_tested_optimizer_get_the_rate_that_was_found(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    own = {"type": "sgd", "learning_rate": 0.03}
    blend = [{"model": {"layers": [{"type": "dense", "units": 4}]}}, {"optimizer": own}]
    body = {**LAYERS, "ensemble": {"type": "seeds", "networks": 2, "blend": blend}}
    job = worker_fixture.job(worker_fixture.queue(dataset_id, **body, training=TESTED["training"]))
    loaded = JobLoader(worker_fixture.sessions).load(job).with_range_test({"suggested": 0.5})
    rates = [{member.spec.optimizer.learning_rate for member in bag.members} for bag in loaded.bags]
    assert rates == [{0.5}, {0.5}, {0.03}]
    assert [each.training.optimizer.learning_rate for each in loaded.plan.bags] == [0.5, 0.5, 0.03]


@pytest.mark.parametrize(
    "check",
    [
        2,
        pytest.param(3, marks=pytest.mark.long),
        STEPS // 2,
        STEPS + 3,
        pytest.param(STEPS + 9, marks=pytest.mark.long),
    ],
)
def test_weights_are_the_same_wherever_the_job_was_interrupted(worker_fixture: WorkerFixture, check: int) -> None:
    dataset_id = worker_fixture.upload()
    uninterrupted = worker_fixture.train(dataset_id, **TESTED)
    job_id = worker_fixture.queue(dataset_id, **TESTED)
    worker_fixture.run_all(draining=from_check(check, lambda: True))
    interrupted = worker_fixture.job(job_id)
    assert (interrupted.state, interrupted.attempt) == ("queued", 0)
    assert interrupted.range_test == (None if check < STEPS // 2 + 1 else uninterrupted.range_test)
    worker_fixture.run_all()
    assert worker_fixture.job(job_id).range_test == uninterrupted.range_test
    assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(uninterrupted.id)


def test_an_attempt_uses_the_result_of_an_earlier_attempt(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    job_id = worker_fixture.queue(dataset_id, **TESTED)
    found = {"rates": [0.1, 1.0], "losses": [0.5, 0.4], "steepest": 0.1, "suggested": 0.0625}
    with transaction(worker_fixture.sessions) as tx:
        tx.get_one(Job, job_id).range_test = found
    worker_fixture.run_all()
    optimizer = {**TRAINING["optimizer"], "learning_rate": 0.0625}
    same = worker_fixture.train(dataset_id, **LAYERS, training={**TRAINING, "optimizer": optimizer})
    assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(same.id)


REQUESTS: dict[str, tuple[Callable[..., Job], tuple[str, str | None]]] = {
    "cancel": (jobs.cancel, ("canceled", None)),
    "stop": (jobs.stop, ("succeeded", "user_stop")),
    "pause": (jobs.pause, ("paused", None)),
}


@pytest.mark.parametrize("request_name", REQUESTS)
def test_requests_take_effect_during_the_range_test(worker_fixture: WorkerFixture, request_name: str) -> None:
    action, ended = REQUESTS[request_name]
    slow = {**TESTED, "training": {**TRAINING, "range_test": {"lowest": 1e-6, "highest": 1e-5, "steps": 500}}}
    untrained = {**LAYERS, "training": {**TRAINING, "epochs": 0}}
    dataset_id = worker_fixture.upload()
    job_id = worker_fixture.queue(dataset_id, **slow)
    calls = list[int]()

    def request() -> bool:
        time.sleep(0.005)
        if not calls:
            with transaction(worker_fixture.sessions) as tx:
                action(tx, DEFAULT_PROJECT, JobId(job_id))
            worker_fixture.notifier.publish_change(job_id, ACTION_REQUESTED)
        calls.append(1)
        return False

    worker_fixture.run_all(draining=from_check(20, request))
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason) == ended
    assert (job.range_test, job.requested) == (None, None)
    assert len(calls) < 400
    with snapshot(worker_fixture.sessions) as tx:
        assert tx.scalars(select(Checkpoint)).all() == []
    if request_name == "stop":
        assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(
            worker_fixture.train(dataset_id, **untrained).id
        )
    if request_name == "pause":
        with transaction(worker_fixture.sessions) as tx:
            jobs.resume(tx, DEFAULT_PROJECT, job_id)
        worker_fixture.run_all()
        assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(
            worker_fixture.train(dataset_id, **slow).id
        )


def test_max_runtime_ends_a_job_during_its_range_test(worker_fixture: WorkerFixture) -> None:
    training = {**TRAINING, "max_runtime_seconds": 0.2, "range_test": {"lowest": 1e-6, "highest": 1e-5, "steps": 500}}
    job_id = worker_fixture.queue(worker_fixture.upload(), training=training)

    def wait_a_little() -> bool:
        time.sleep(0.005)
        return False

    worker_fixture.run_all(draining=wait_a_little)
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason, job.range_test) == ("failed", "max_runtime", None)


def test_without_epochs_a_job_runs_only_the_range_test(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    without_epochs = {**TRAINING, "epochs": 0}
    job = worker_fixture.train(dataset_id, **LAYERS, training={**without_epochs, "range_test": {}})
    assert (job.state, job.fraction) == ("succeeded", 1.0)
    assert job.range_test is not None
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(
        worker_fixture.train(dataset_id, **LAYERS, training=without_epochs).id
    )


def test_a_range_test_without_result_warns_and_keeps_the_requested_rate(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload(prices())
    training = {"epochs": 2, "batch_size": 96, "optimizer": {"type": "sgd", "learning_rate": 0.01}}
    body = {"target": "price", "model": {"layers": []}}
    job = worker_fixture.train(dataset_id, **body, training={**training, "range_test": {"lowest": 1e3, "highest": 1e9}})
    assert job.range_test is not None
    assert (job.range_test["steepest"], job.range_test["suggested"]) == (None, None)
    [warning] = [warning for warning in job.warnings if warning["code"] == "range_test_failed"]
    assert "0.01 is used as requested" in warning["detail"]
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(
        worker_fixture.train(dataset_id, **body, training=training).id
    )
    with snapshot(worker_fixture.sessions) as tx:
        kinds = tx.scalars(select(Event.type).where(Event.job_id == job.id).order_by(Event.number)).all()
    assert kinds[:4] == ["job.queued", "job.running", "job.range_test", "job.warning"]


def test_fine_tuning_runs_the_range_test_from_the_initial_weights(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    base = worker_fixture.train(dataset_id, **LAYERS, training={**TRAINING, "epochs": 10})
    init = {"model_id": base.model_id, "freeze_layers": 1}
    job = worker_fixture.train(dataset_id, init_from=init, training=TESTED["training"])
    found = job.range_test
    assert found is not None
    assert base.best is not None
    assert found["losses"][0] < 2 * base.metrics["train_loss"]
    optimizer = {**TRAINING["optimizer"], "learning_rate": found["suggested"]}
    same = worker_fixture.train(dataset_id, init_from=init, training={**TRAINING, "optimizer": optimizer})
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(same.id)
