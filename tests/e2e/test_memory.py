"""A job that needs more memory than its worker may take fails by itself; the worker and its other jobs go on."""

from tests.support.processes import Processes
from tests.support.tables import flowers


def test_a_job_beyond_the_workers_memory_fails_as_out_of_memory_and_the_next_one_runs(service: Processes) -> None:
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
