"""Jobs with a cross-validation: scores on left-out rows, and one network for all rows."""

import numpy as np
import pytest

from store.db.transaction import snapshot
from store.tables import Epoch, Model
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture, stop_after
from worker.job.loading import JobLoader

pytestmark = pytest.mark.one_database("sqlite")

TRAINING = {"epochs": 6, "batch_size": 16, "checkpoint_every_seconds": 0.001, "validation": {"folds": 3}}


def test_the_left_out_rows_are_evaluated_after_an_interruption_as_without(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload(flowers(150))
    first, second = (worker_fixture.queue(dataset_id, training=TRAINING) for _ in range(2))
    worker_fixture.run_all(stop_after(100))
    assert 0 < worker_fixture.job(first).epoch < 6  # in the middle of a fold's epoch
    worker_fixture.run_all()
    assert worker_fixture.weights_hash(first) == worker_fixture.weights_hash(second)
    job = worker_fixture.job(first)
    with snapshot(worker_fixture.sessions) as tx:
        evaluations = [
            tx.get_one(Model, worker_fixture.job(each).model_id).evaluation or {} for each in (first, second)
        ]
        epoch = tx.get_one(Epoch, (first, (job.best or {})["epoch"])).metrics
    assert evaluations[0] == evaluations[1]
    assert evaluations[0]["validation"] == {
        "by": "stratified",
        "column": None,
        "folds": 3,
        "rows": 150,
        "out_of_fold": True,
    }
    assert [fold["rows"] for fold in evaluations[0]["folds"]] == [50, 50, 50]
    accuracies = [fold["accuracy"] for fold in evaluations[0]["folds"]]
    assert evaluations[0]["accuracy"] == pytest.approx(np.mean(accuracies)) == pytest.approx(epoch["val_accuracy"])
    assert job.estimate["flops"] == pytest.approx(3 * _estimate_without_folds(worker_fixture, dataset_id), rel=1e-6)


def test_folds_of_times_until_an_event_have_their_concordance(worker_fixture: WorkerFixture) -> None:
    rows = [f"{1 + value % 37},{'yes' if value % 5 == 0 else 'no'},{value % 11}" for value in range(90)]
    dataset_id = worker_fixture.upload("\n".join(["days,lost,x", *rows]))
    job_id = worker_fixture.queue(dataset_id, target="days", censored="lost", training=TRAINING)
    worker_fixture.run_all()
    with snapshot(worker_fixture.sessions) as tx:
        evaluation = tx.get_one(Model, worker_fixture.job(job_id).model_id).evaluation or {}
    assert [set(fold) for fold in evaluation["folds"]] == [{"rows", "concordance"}] * 3


def _estimate_without_folds(fixture: WorkerFixture, dataset_id: str) -> float:
    training = {**TRAINING, "validation": {"fraction": 0}}
    return float(fixture.job(fixture.queue(dataset_id, training=training)).estimate["flops"])


def test_the_preprocessing_of_a_fold_does_not_see_its_left_out_rows(worker_fixture: WorkerFixture) -> None:
    rows = [f"{value},{'ab'[value % 2]}" for value in range(1, 60)]
    dataset_id = worker_fixture.upload("\n".join(["size,kind", *rows, "100000,a"]))
    features = [{"column": "size", "encoding": "standardize"}]
    job_id = worker_fixture.queue(dataset_id, training={"validation": {"folds": 4}}, features=features)
    loaded = JobLoader(worker_fixture.sessions).load(worker_fixture.job(job_id))
    with_outlier = [fold for fold in loaded.folds if fold.validation.x.max() > 1000]
    assert len(with_outlier) == 1
    assert len(loaded.training) == 60
