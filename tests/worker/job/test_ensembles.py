"""Jobs that train several networks: from the request to a model that averages them."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sqlalchemy import update

from engine.interchange.safetensors import load_safetensors
from service.predictions.loaded_models import LoadedModels
from store.artifacts import blobs
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT
from store.tables import Job, Model
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture, stop_after

pytestmark = pytest.mark.one_database("sqlite")

Floats = npt.NDArray[np.float64]

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


def rows_of(csv: str, count: int) -> list[dict[str, Any]]:
    header, *lines = [line.split(",") for line in csv.splitlines()]
    return [{name: value for name, value in zip(header, line, strict=True) if name != "kind"} for line in lines[:count]]


def probabilities(fixture: WorkerFixture, job_id: str, rows: list[dict[str, Any]]) -> Floats:
    model = LoadedModels(fixture.sessions).get(DEFAULT_PROJECT, fixture.job(job_id).model_id or "")
    return np.array([list(answer["probabilities"].values()) for answer in model.predict(rows)])


def test_networks_of_a_fine_tuned_ensemble_start_from_their_counterparts(worker_fixture: WorkerFixture) -> None:
    csv = flowers(150)
    dataset_id, rows = worker_fixture.upload(csv), rows_of(csv, 30)
    base = worker_fixture.train(dataset_id, training=TRAINING, ensemble={**FOLDS, "blend": BLEND})
    base_model = base.model_id
    unchanged = worker_fixture.queue(dataset_id, training={"epochs": 0}, init_from={"model_id": base_model})
    one = worker_fixture.queue(dataset_id, training={"epochs": 0}, init_from={"model_id": base_model}, ensemble=None)
    held_out = {"epochs": 1, "validation": {"fraction": 0.2}}
    seeds = worker_fixture.queue(dataset_id, training=held_out, init_from={"model_id": base_model, "freeze_layers": 1})
    worker_fixture.run_all()
    assert worker_fixture.job(unchanged).spec["ensemble"]["type"] == "folds"
    np.testing.assert_allclose(
        probabilities(worker_fixture, unchanged, rows), probabilities(worker_fixture, base.id, rows), atol=1e-6
    )
    assert "bags" not in model_of(worker_fixture, one).architecture
    assert worker_fixture.job(seeds).spec["ensemble"]["type"] == "seeds"
    tensors = [
        load_safetensors(b"".join(blobs.read(worker_fixture.sessions, model_of(worker_fixture, job).blob_id)))
        for job in (base.id, seeds)
    ]
    frozen = [name for name in tensors[1] if name.endswith(".0.weight") and name in tensors[0]]
    assert frozen
    for name in frozen:
        np.testing.assert_array_equal(tensors[0][name], tensors[1][name])


def test_an_ensemble_of_seeds_is_evaluated_as_it_is_served(worker_fixture: WorkerFixture) -> None:
    csv = flowers(150)
    other = worker_fixture.upload(csv)
    dataset_id = worker_fixture.upload(flowers(120, seed=3))
    validation = {"dataset_id": other}
    training, ensemble = {**TRAINING, "validation": validation}, {"type": "seeds", "networks": 2, "blend": BLEND}
    job = worker_fixture.train(dataset_id, training=training, ensemble=ensemble)
    found = model_of(worker_fixture, job.id).evaluation or {}
    predicted = probabilities(worker_fixture, job.id, rows_of(csv, 150)).argmax(axis=1)
    kinds = [line.split(",")[-1] for line in csv.splitlines()[1:]]
    right = np.array(sorted(set(kinds)))[predicted] == np.array(kinds)
    assert found["accuracy"] == pytest.approx(right.mean(), abs=1e-9)
    assert found["validation"]["out_of_fold"] is False


def test_a_stop_in_the_first_epoch_waits_until_every_network_has_begun(worker_fixture: WorkerFixture) -> None:
    dataset_id = worker_fixture.upload(flowers(150))
    job_id = worker_fixture.queue(dataset_id, training={**TRAINING, "epochs": 500}, ensemble=FOLDS)
    with transaction(worker_fixture.sessions) as tx:
        tx.execute(update(Job).where(Job.id == job_id).values(requested="stop"))
    worker_fixture.run_all()
    job = worker_fixture.job(job_id)
    assert (job.state, job.stop_reason, job.epoch) == ("succeeded", "user_stop", 1)
