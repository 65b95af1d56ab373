"""The service over HTTP with real Celery workers: from a table to predictions, also when workers crash."""

import signal
from typing import Any

import pytest

from tests.support.processes import Part, Processes, children, kill
from tests.support.tables import flowers, prices

LONG: dict[str, Any] = {
    "target": "kind",
    "model": {
        "layers": [{"type": "dense", "units": 32}, {"type": "dropout", "rate": 0.2}, {"type": "dense", "units": 32}]
    },
    "training": {"epochs": 800, "batch_size": 16, "checkpoint_every_seconds": 0.2},
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


def kill_training_process(_service: Processes, worker: Part) -> Part:
    kill(children(worker.pid)[0])
    return worker


def kill_worker(service: Processes, worker: Part) -> Part:
    kill(worker.pid)
    return service.start_worker()


def stop_worker(service: Processes, worker: Part) -> Part:
    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=10)
    return service.start_worker()


@pytest.mark.one_database("sqlite")  # tests/faults does this on PostgreSQL
def test_a_job_whose_worker_is_killed_or_stopped_resumes_with_bit_identical_weights(service: Processes) -> None:
    worker = service.start_all()
    dataset_id = service.upload(flowers())
    undisturbed = service.weights(service.finished(service.submit(dataset_id, **LONG)))
    for disturb, attempts in ((kill_training_process, 2), (kill_worker, 2), (stop_worker, 1)):
        url = service.submit(dataset_id, **LONG)
        service.wait(lambda url=url: is_training(service, url))  # type: ignore[misc]  # mypy cannot infer the default
        worker = disturb(service, worker)
        job = service.finished(url)
        assert (job["state"], job["attempt"]) == ("succeeded", attempts), disturb.__name__
        states = [entry["state"] for entry in job["transitions"]]
        assert states == ["queued", "running", "queued", "running", "succeeded"], disturb.__name__
        assert service.weights(job) == undisturbed, disturb.__name__


@pytest.mark.one_database("sqlite")
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
