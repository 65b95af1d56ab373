"""The service over HTTP with real Celery workers: from a table to predictions, also when workers crash."""

import signal
from typing import Any

import pytest

from tests.support.processes import Processes, children, kill
from tests.support.tables import flowers, prices

LONG: dict[str, Any] = {
    "target": "kind",
    "model": {
        "layers": [{"type": "dense", "units": 32}, {"type": "dropout", "rate": 0.2}, {"type": "dense", "units": 32}]
    },
    "training": {"epochs": 3000, "batch_size": 16, "checkpoint_every_seconds": 0.2},
}


def test_a_table_becomes_a_model_that_predicts(service_on_any_broker: Processes) -> None:
    service = service_on_any_broker
    service.start_all()
    dataset_id = service.upload(prices())
    job = service.finished(service.submit(dataset_id, target="price"))
    assert (job["state"], job["error"]) == ("succeeded", None)
    rows = [{"size": 50, "age": 70}, {"size": 190, "age": 1}]
    response = service.client.post(f"{job['links']['model']}/predictions", json={"rows": rows}).json()
    small, large = (prediction["value"] for prediction in response["predictions"])
    assert small < 200_000 < large


def is_training(service: Processes, url: str) -> bool:
    return bool(service.job(url)["progress"]["epoch"] > 100)


@pytest.mark.parametrize("victim", ["the training process", "the whole worker"])
def test_the_job_of_a_killed_worker_resumes_with_bit_identical_weights(service: Processes, victim: str) -> None:
    worker = service.start_all()
    dataset_id = service.upload(flowers())
    undisturbed = service.weights(service.finished(service.submit(dataset_id, **LONG)))
    url = service.submit(dataset_id, **LONG)
    service.wait(lambda: is_training(service, url))
    if victim == "the whole worker":
        kill(worker.pid)
        service.start_worker()
    else:
        kill(children(worker.pid)[0])
    job = service.finished(url)
    assert (job["state"], job["attempt"]) == ("succeeded", 2)
    states = [entry["state"] for entry in job["transitions"]]
    assert states == ["queued", "running", "queued", "running", "succeeded"]
    assert service.weights(job) == undisturbed


def test_a_stopped_worker_returns_its_job_without_charging_the_attempt(service: Processes) -> None:
    worker = service.start_all()
    dataset_id = service.upload(flowers())
    undisturbed = service.weights(service.finished(service.submit(dataset_id, **LONG)))
    url = service.submit(dataset_id, **LONG)
    service.wait(lambda: is_training(service, url))
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=10)
    assert (service.job(url)["state"], service.job(url)["attempt"]) == ("queued", 0)
    service.start_worker()
    job = service.finished(url)
    assert (job["state"], job["attempt"]) == ("succeeded", 1)
    assert service.weights(job) == undisturbed


def test_canceling_a_job_frees_its_slot_for_the_next(service: Processes) -> None:
    service.start_all()
    dataset_id = service.upload(flowers())
    endless = service.submit(dataset_id, target="kind", training={"epochs": 10_000, "batch_size": 1})
    queued = service.submit(dataset_id, target="kind", training={"epochs": 1})
    service.wait(lambda: service.job(endless)["state"] == "running")
    assert service.client.post(f"{endless}/cancel").status_code == 200
    job = service.finished(queued)
    assert job["state"] == "succeeded"
    assert service.job(endless)["state"] == "canceled"
    assert service.job(endless)["model_id"] is None
