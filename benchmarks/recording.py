"""Measure what progress records, heartbeats and checkpoints cost a job.

./dev bench recording [seconds]

The same training runs by the engine alone and by a worker, alternately and in one process, on an SQLite file and a
Valkey of their own: once with epochs of about a millisecond, once with long ones.
"""

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.training.loop import train
from service.settings import Settings
from store.db.migrate import migrate
from store.db.transaction import transaction
from store.ids import DEFAULT_PROJECT
from store.jobs import jobs, search
from store.jobs.search import JobFilters
from tests.support.servers import RedisServer, valkey_binary
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture, make_worker_fixture
from worker.job.loading import JobLoader

SMALL_LAYERS = [{"type": "dense", "units": 32}, {"type": "dense", "units": 32}]
LARGE_LAYERS = [{"type": "dense", "units": 1024}, {"type": "dense", "units": 1024}]
REPETITIONS = 3


def main(seconds: float) -> None:
    """Print one line for short epochs and one for long epochs."""
    server = RedisServer(valkey_binary()).start()
    with tempfile.TemporaryDirectory() as folder:
        worker = make_worker(Path(folder), server.url)
        print(f"{'epochs':>8}{'ms/epoch':>10}{'engine s':>10}{'worker s':>10}{'cost':>8}")
        for rows, layers in ((2000, SMALL_LAYERS), (4000, LARGE_LAYERS)):
            report(worker, worker.upload(flowers(rows)), layers, seconds)
        gc.unfreeze()
        worker.close()
    server.destroy()


def make_worker(folder: Path, redis_url: str) -> WorkerFixture:
    """Create a worker with the default settings."""
    settings = Settings(data=folder, database_url=f"sqlite:///{folder / 'x.sqlite3'}", redis_url=redis_url)
    migrate(settings.database)
    gc.freeze()  # as worker processes do
    return make_worker_fixture(settings, folder)


def report(worker: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], seconds: float) -> None:
    """Train alternately, and print the median of the ratios."""
    seconds_per_epoch = train_by_engine(worker, dataset_id, layers, 2) / 2
    epochs = max(2, min(10_000, round(seconds / seconds_per_epoch)))
    by_engine, by_worker = [], []
    for _ in range(REPETITIONS):
        by_engine.append(train_by_engine(worker, dataset_id, layers, epochs))
        by_worker.append(train_by_worker(worker, dataset_id, layers, epochs))
    cost = statistics.median(w / e for w, e in zip(by_worker, by_engine, strict=True)) - 1
    engine, total = statistics.median(by_engine), statistics.median(by_worker)
    print(f"{epochs:>8}{engine / epochs * 1e3:>10.2f}{engine:>10.2f}{total:>10.2f}{cost:>8.1%}")


def train_by_engine(worker: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], epochs: int) -> float:
    """Return the seconds that the engine alone takes."""
    job = worker.job(queue(worker, dataset_id, layers, epochs))
    loaded = JobLoader(worker.sessions).load(job)
    began = time.perf_counter()
    for _ in train(loaded.network, loaded.state, loaded.first.spec, loaded.training, loaded.validation):
        pass
    return time.perf_counter() - began


def train_by_worker(worker: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], epochs: int) -> float:
    """Return the seconds that a worker takes for the same job."""
    job_id = queue(worker, dataset_id, layers, epochs)
    began = time.perf_counter()
    worker.run_all()
    seconds = time.perf_counter() - began
    assert worker.job(job_id).state == "succeeded"
    return seconds


def queue(worker: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], epochs: int) -> str:
    """Queue a job of so many epochs, and cancel the jobs that `train_by_engine` left in the queue."""
    with transaction(worker.sessions) as tx:
        for left in search.page_of(tx, DEFAULT_PROJECT, JobFilters(state="queued"), None, 100).rows:
            jobs.cancel(tx, DEFAULT_PROJECT, left.id)
    return worker.queue(dataset_id, model={"layers": layers}, training={"epochs": epochs, "batch_size": 64})


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
