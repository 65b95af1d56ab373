"""A job that exceeds the memory limit of its worker fails alone; the worker continues with other jobs."""

from tests.support.processes import Processes
from tests.support.tables import flowers


def test_a_job_beyond_the_memory_limit_fails_and_the_next_job_runs(service: Processes) -> None:
    service.environment["BACKPROP_WORKER_MEMORY_BYTES"] = str(400 << 20)
    worker = service.start_all()
    dataset_id = service.upload(flowers())
    layers = [{"type": "dense", "units": 3500}, {"type": "dense", "units": 3500}]
    training = {"epochs": 1, "batch_size": 16}
    large = service.finished(service.submit(dataset_id, target="kind", model={"layers": layers}, training=training))
    assert (large["state"], large["error"]["code"]) == ("failed", "out_of_memory")
    small = service.finished(service.submit(dataset_id, target="kind", training=training))
    assert small["state"] == "succeeded"
    assert worker.poll() is None
