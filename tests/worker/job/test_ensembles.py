"""Jobs that train several networks: from the request to a model that averages them."""

from typing import Any

import numpy as np
import pytest

from engine.interchange.safetensors import load_safetensors
from store.artifacts import blobs
from store.db.transaction import snapshot
from store.tables import Model
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture, stop_after

TRAINING = {"epochs": 4, "batch_size": 16, "checkpoint_every_seconds": 0.001}
FOLDS = {"type": "folds", "folds": 3}
BLEND = [{"model": {"layers": [{"type": "dense", "units": 4}]}, "optimizer": {"type": "sgd", "learning_rate": 0.1}}]


def model_of(fixture: WorkerFixture, job_id: str) -> Model:
    with snapshot(fixture.sessions) as tx:
        return tx.get_one(Model, fixture.job(job_id).model_id)


def test_an_ensemble_is_evaluated_out_of_fold_and_resumes_with_the_same_bits(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload(flowers(150))
    body: dict[str, Any] = {"training": TRAINING, "ensemble": {**FOLDS, "blend": BLEND}}
    first, second = (worker_fixture.queue(dataset_id, **body) for _ in range(2))
    worker_fixture.run_all(stop_after(130))
    assert 0 < worker_fixture.job(first).epoch < 4  # in the middle of an epoch
    worker_fixture.run_all()
    assert worker_fixture.weights_hash(first) == worker_fixture.weights_hash(second)
    model = model_of(worker_fixture, first)
    found = model.evaluation or {}
    assert found["validation"] == {"by": "stratified", "column": None, "folds": 3, "rows": 150, "out_of_fold": True}
    assert [fold["rows"] for fold in found["folds"]] == [50, 50, 50]
    assert found["accuracy"] == pytest.approx(np.mean([fold["accuracy"] for fold in found["folds"]]))
    assert sum(bag["weight"] for bag in found["bags"]) == 1
    used = [bag for bag in found["bags"] if bag["weight"]]
    assert [bag["networks"] for bag in model.architecture["bags"]] == [3] * len(used)
    assert found["log_loss"] <= min(bag["loss"] for bag in found["bags"])
    names = load_safetensors(b"".join(blobs.read(worker_fixture.sessions, model.blob_id)))
    assert {name.split(".")[3] for name in names} == {"0", "1", "2"}
    assert model.parameters == sum(values.size for values in names.values())
