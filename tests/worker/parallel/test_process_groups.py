"""Jobs that several MPI processes train: the same bits, also after one of them was killed."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from engine.training.parallel.mpiexec import find_mpiexec
from store.db.transaction import transaction
from store.jobs import claims, workers
from store.jobs.workers import WorkerInfo
from store.tables import Worker
from tests.support.worker_fixture import WORKER_ID, WorkerFixture, wait_until

pytestmark = pytest.mark.skipif(find_mpiexec() is None, reason="needs the extra mpi")

TRAINING = {"epochs": 3, "batch_size": 16, "seed": 1, "checkpoint_every_seconds": 0.01}
FAMILIES: dict[str, dict[str, Any]] = {
    "dense": {"model": {"layers": [{"type": "dense", "units": 8}, {"type": "dropout", "rate": 0.2}]}},
    "ensemble": {"ensemble": {"type": "folds", "folds": 3}},
}


@pytest.fixture
def worker(worker_fixture: WorkerFixture, monkeypatch: pytest.MonkeyPatch) -> WorkerFixture:
    """A worker with two slots, whose processes find its database."""
    own = worker_fixture.settings
    for name in ("data", "database_url", "redis_url", "heartbeat_seconds", "record_seconds"):
        monkeypatch.setenv(f"BACKPROP_{name.upper()}", str(getattr(own, name)))
    with transaction(worker_fixture.sessions) as tx:
        workers.record_heartbeat(tx, WorkerInfo(id=WORKER_ID, host="here", pid=1, slots=2))
    return worker_fixture


def queue(worker: WorkerFixture, dataset: str, family: str, **training: Any) -> str:
    return worker.queue(dataset, training={**TRAINING, **training}, **FAMILIES[family])


def weights(worker: WorkerFixture, job_id: str) -> str:
    """Return a digest of the weights of a job's model."""
    job = worker.job(job_id)
    assert job.state == "succeeded", job.error
    return worker.weights_hash(job_id)


@pytest.mark.one_database("postgres")
def test_one_and_two_processes_give_the_same_weights(worker: WorkerFixture) -> None:
    dataset = worker.upload()
    jobs = [queue(worker, dataset, "dense", processes=processes) for processes in (1, 2)]
    worker.run_all()
    assert len({weights(worker, job) for job in jobs}) == 1


@pytest.mark.one_database("sqlite")
@pytest.mark.parametrize(
    "family", [name if name == "dense" else pytest.param(name, marks=pytest.mark.long) for name in FAMILIES]
)
def test_a_job_whose_process_is_killed_goes_on_with_the_same_bits(worker: WorkerFixture, family: str) -> None:
    dataset = worker.upload()
    undisturbed = queue(worker, dataset, family, processes=1, epochs=20)
    worker.run_all()
    job_id = queue(worker, dataset, family, processes=2, epochs=20)
    thread = worker.start()
    wait_until(lambda: worker.job(job_id).epoch > 0, seconds=90)  # importing takes a while on a busy machine
    kill_one_process(job_id)
    thread.join(90)
    assert worker.job(job_id).attempt == 2
    assert weights(worker, job_id) == weights(worker, undisturbed)


def kill_one_process(job_id: str) -> None:
    """Kill the last process that trains a job."""
    found = [int(path.parent.name) for path in Path("/proc").glob("[0-9]*/cmdline") if is_process_of(path, job_id)]
    os.kill(max(found), signal.SIGKILL)


def is_process_of(path: Path, job_id: str) -> bool:
    """Return whether a command line is that of Python, training the job."""
    try:
        words = path.read_bytes().split(b"\0")
    except OSError:  # it has ended
        return False
    return b"python" in words[0] and job_id.encode() in words


def test_two_processes_wait_until_two_slots_are_free(worker: WorkerFixture) -> None:
    dataset = worker.upload()
    small, large = queue(worker, dataset, "dense"), queue(worker, dataset, "dense", processes=2)
    assert worker.claim().id == small
    later = queue(worker, dataset, "dense")
    with transaction(worker.sessions) as tx:
        assert claims.claim(tx, WORKER_ID, 30) is None, "one slot is not enough, and it is kept free"
        tx.execute(update(Worker).values(slots=4))
    assert worker.claim().id == large
    assert worker.claim().id == later
    queue(worker, dataset, "dense")
    with transaction(worker.sessions) as tx:
        assert claims.claim(tx, WORKER_ID, 30) is None, "all four slots are taken by three jobs"


def test_a_worker_with_too_few_slots_takes_the_next_job(worker: WorkerFixture) -> None:
    dataset = worker.upload()
    queue(worker, dataset, "dense", processes=4)
    small = queue(worker, dataset, "dense")
    assert worker.claim().id == small
