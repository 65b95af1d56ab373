"""The range test of a job: run before the first epoch, kept with the job, the same whatever it was stopped at."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from messaging.channels import ACTION_REQUESTED
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, JobId
from store.jobs import jobs
from store.tables import Checkpoint, Event, Job
from tests.support.tables import prices
from tests.support.worker_fixture import WorkerFixture

STEPS = 40
LAYERS = {"model": {"layers": [{"type": "dense", "units": 16}, {"type": "dropout", "rate": 0.3}]}}
TRAINING = {"epochs": 4, "batch_size": 16, "optimizer": {"type": "sgd", "momentum": 0.9}}
TESTED = {**LAYERS, "training": {**TRAINING, "range_test": {"lowest": 1e-4, "highest": 100, "steps": STEPS}}}


def run(worker_fixture: WorkerFixture, dataset_id: str, **body: Any) -> Job:
    job_id = worker_fixture.queue(dataset_id, **body)
    worker_fixture.runner().run_all()
    return worker_fixture.job(job_id)


def at(moment: int, act: Callable[[], bool]) -> Callable[[], bool]:
    """A drain flag that acts from its so-many-th look on: looks are between batches, and before jobs."""
    looks = itertools.count(1)
    return lambda: next(looks) >= moment and act()


def test_the_rate_found_takes_the_place_of_the_optimizers(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    job = run(worker_fixture, dataset_id, **TESTED)
    found = job.range_test
    assert found is not None
    assert 5 <= len(found["rates"]) == len(found["losses"]) <= STEPS
    lowest = found["rates"][found["losses"].index(min(found["losses"]))]
    assert found["suggested"] == pytest.approx(lowest / 10, rel=1e-5)
    assert found["steepest"] in found["rates"]
    optimizer = {**TRAINING["optimizer"], "learning_rate": found["suggested"]}
    same = run(worker_fixture, dataset_id, **LAYERS, training={**TRAINING, "optimizer": optimizer})
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(same.id)
    with snapshot(worker_fixture.sessions) as tx:
        told = tx.execute(select(Event.data).where(Event.job_id == job.id, Event.type == "job.range_test")).all()
    assert told == [(found,)]


@pytest.mark.parametrize("moment", [2, 3, STEPS // 2, STEPS + 3, STEPS + 9])
def test_the_weights_are_the_same_wherever_the_job_was_interrupted(worker_fixture: WorkerFixture, moment: int) -> None:
    dataset_id = worker_fixture.upload()
    undisturbed = run(worker_fixture, dataset_id, **TESTED)
    job_id = worker_fixture.queue(dataset_id, **TESTED)
    worker_fixture.runner(draining=at(moment, lambda: True)).run_all()
    interrupted = worker_fixture.job(job_id)
    assert (interrupted.state, interrupted.attempt) == ("queued", 0)
    assert interrupted.range_test == (None if moment < STEPS // 2 + 1 else undisturbed.range_test)
    worker_fixture.runner().run_all()
    assert worker_fixture.job(job_id).range_test == undisturbed.range_test
    assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(undisturbed.id)


def test_an_attempt_goes_by_what_an_earlier_one_found(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    job_id = worker_fixture.queue(dataset_id, **TESTED)
    found = {"rates": [0.1, 1.0], "losses": [0.5, 0.4], "steepest": 0.1, "suggested": 0.0625}
    with transaction(worker_fixture.sessions) as tx:
        tx.get_one(Job, job_id).range_test = found
    worker_fixture.runner().run_all()
    optimizer = {**TRAINING["optimizer"], "learning_rate": 0.0625}
    same = run(worker_fixture, dataset_id, **LAYERS, training={**TRAINING, "optimizer": optimizer})
    assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(same.id)


ASKED_FOR: dict[str, tuple[Callable[..., Job], tuple[str, str | None]]] = {
    "cancel": (jobs.cancel, ("canceled", None)),
    "stop": (jobs.stop, ("succeeded", "user_stop")),
    "pause": (jobs.pause, ("paused", None)),
}


@pytest.mark.parametrize("what", ASKED_FOR)
def test_what_is_asked_of_a_job_is_done_in_the_middle_of_its_test(worker_fixture: WorkerFixture, what: str) -> None:
    action, ended = ASKED_FOR[what]
    slow = {**TESTED, "training": {**TRAINING, "range_test": {"lowest": 1e-6, "highest": 1e-5, "steps": 500}}}
    untrained = {**LAYERS, "training": {**TRAINING, "epochs": 0}}
    dataset_id = worker_fixture.upload()
    job_id = worker_fixture.queue(dataset_id, **slow)
    asked = list[int]()

    def ask() -> bool:
        time.sleep(0.005)
        if not asked:
            with transaction(worker_fixture.sessions) as tx:
                action(tx, DEFAULT_PROJECT, JobId(job_id))
            worker_fixture.notifier.publish_change(job_id, ACTION_REQUESTED)
        asked.append(1)
        return False

    worker_fixture.runner(draining=at(20, ask)).run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason) == ended
    assert (job.range_test, job.requested) == (None, None)
    assert len(asked) < 400
    with snapshot(worker_fixture.sessions) as tx:
        assert tx.scalars(select(Checkpoint)).all() == []
    if what == "stop":
        assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(
            run(worker_fixture, dataset_id, **untrained).id
        )
    if what == "pause":
        with transaction(worker_fixture.sessions) as tx:
            jobs.resume(tx, DEFAULT_PROJECT, job_id)
        worker_fixture.runner().run_all()
        assert worker_fixture.weights_hash(job_id) == worker_fixture.weights_hash(
            run(worker_fixture, dataset_id, **slow).id
        )


def test_a_job_whose_time_is_up_ends_in_the_middle_of_its_test(worker_fixture: WorkerFixture) -> None:
    training = {**TRAINING, "max_runtime_seconds": 0.2, "range_test": {"lowest": 1e-6, "highest": 1e-5, "steps": 500}}
    job_id = worker_fixture.queue(worker_fixture.upload(), training=training)

    def dawdle() -> bool:
        time.sleep(0.005)
        return False

    worker_fixture.runner(draining=dawdle).run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason, job.range_test) == ("failed", "max_runtime", None)


def test_without_epochs_a_job_is_only_the_test(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    nothing = {**TRAINING, "epochs": 0}
    job = run(worker_fixture, dataset_id, **LAYERS, training={**nothing, "range_test": {}})
    assert (job.state, job.fraction) == ("succeeded", 1.0)
    assert job.range_test is not None
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(
        run(worker_fixture, dataset_id, **LAYERS, training=nothing).id
    )


def test_a_test_that_finds_nothing_is_told_and_the_rate_asked_for_is_used(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload(prices())
    training = {"epochs": 2, "batch_size": 96, "optimizer": {"type": "sgd", "learning_rate": 0.01}}
    body = {"target": "price", "model": {"layers": []}}
    job = run(worker_fixture, dataset_id, **body, training={**training, "range_test": {"lowest": 1e3, "highest": 1e9}})
    assert job.range_test is not None
    assert (job.range_test["steepest"], job.range_test["suggested"]) == (None, None)
    [warning] = [warning for warning in job.warnings if warning["code"] == "range_test_failed"]
    assert "0.01 is used, as asked for" in warning["detail"]
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(
        run(worker_fixture, dataset_id, **body, training=training).id
    )
    with snapshot(worker_fixture.sessions) as tx:
        kinds = tx.scalars(select(Event.type).where(Event.job_id == job.id).order_by(Event.number)).all()
    assert kinds[:4] == ["job.queued", "job.running", "job.range_test", "job.warning"]


def test_a_fine_tuned_model_is_tested_and_trained_from_its_weights(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload()
    base = run(worker_fixture, dataset_id, **LAYERS, training={**TRAINING, "epochs": 10})
    init = {"model_id": base.model_id, "freeze_layers": 1}
    job = run(worker_fixture, dataset_id, init_from=init, training=TESTED["training"])
    found = job.range_test
    assert found is not None
    assert base.best is not None
    assert found["losses"][0] < 2 * base.metrics["train_loss"]
    optimizer = {**TRAINING["optimizer"], "learning_rate": found["suggested"]}
    same = run(worker_fixture, dataset_id, init_from=init, training={**TRAINING, "optimizer": optimizer})
    assert worker_fixture.weights_hash(job.id) == worker_fixture.weights_hash(same.id)
