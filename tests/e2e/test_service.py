"""Through HTTP and real Celery workers: from a table to predictions, and through the deaths of workers."""

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
    answer = service.client.post(f"{job['links']['model']}/predictions", json={"rows": rows}).json()
    small, large = (prediction["value"] for prediction in answer["predictions"])
    assert small < 200_000 < large


def training(service: Processes, url: str) -> bool:
    return bool(service.job(url)["progress"]["epoch"] > 100)


@pytest.mark.parametrize("victim", ["the training process", "the whole worker"])
def test_a_killed_workers_job_goes_on_elsewhere_and_ends_with_the_same_bits(service: Processes, victim: str) -> None:
    worker = service.start_all()
    dataset_id = service.upload(flowers())
    undisturbed = service.weights(service.finished(service.submit(dataset_id, **LONG)))
    url = service.submit(dataset_id, **LONG)
    service.wait(lambda: training(service, url))
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


def test_a_stopped_worker_gives_its_job_back_uncharged_and_it_ends_with_the_same_bits(service: Processes) -> None:
    worker = service.start_all()
    dataset_id = service.upload(flowers())
    undisturbed = service.weights(service.finished(service.submit(dataset_id, **LONG)))
    url = service.submit(dataset_id, **LONG)
    service.wait(lambda: training(service, url))
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=10)
    assert (service.job(url)["state"], service.job(url)["attempt"]) == ("queued", 0)
    service.start_worker()
    job = service.finished(url)
    assert (job["state"], job["attempt"]) == ("succeeded", 1)
    assert service.weights(job) == undisturbed


def test_a_canceled_jobs_slot_is_free_for_the_next(service: Processes) -> None:
    service.start_all()
    dataset_id = service.upload(flowers())
    endless = service.submit(dataset_id, target="kind", training={"epochs": 10_000, "batch_size": 1})
    waiting = service.submit(dataset_id, target="kind", training={"epochs": 1})
    service.wait(lambda: service.job(endless)["state"] == "running")
    assert service.client.post(f"{endless}/cancel").status_code == 200
    job = service.finished(waiting)
    assert job["state"] == "succeeded"
    assert service.job(endless)["state"] == "canceled"
    assert service.job(endless)["model_id"] is None
