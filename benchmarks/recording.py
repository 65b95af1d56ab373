"""What recording, heartbeats and checkpoints cost a job: the same training by the engine alone and by a worker.

./dev bench recording [seconds]

Both run in one process, in turns, on an SQLite file and a Valkey of their own; once with epochs of about a
millisecond, once with long ones.
"""

import gc
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engine.batches import Rows
from engine.network import Network
from engine.training.loop import train
from engine.training.state import initialize_training
from messaging.celery_app import celery_app
from messaging.notifier import Notifier
from service.settings import Settings
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import transaction
from store.ids import DEFAULT_PROJECT, WorkerId
from store.jobs import jobs, search
from store.jobs.search import JobFilters
from tests.support.servers import RedisServer, valkey_binary
from tests.support.tables import flowers
from tests.support.worker_fixture import WorkerFixture
from worker.job.loading import JobLoader
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner

LAYERS = [{"type": "dense", "units": 32}, {"type": "dense", "units": 32}]
TURNS = 3


def main(seconds: float) -> None:
    """Print a line for short and one for long epochs."""
    server = RedisServer(valkey_binary()).start()
    with tempfile.TemporaryDirectory() as folder:
        worker_fixture = make_worker_fixture(Path(folder), server.url)
        print(f"{'epochs':>8}{'ms/epoch':>10}{'engine s':>10}{'worker s':>10}{'cost':>8}")
        for rows, layers in (
            (2000, LAYERS),
            (4000, [{"type": "dense", "units": 1024}, {"type": "dense", "units": 1024}]),
        ):
            report(worker_fixture, worker_fixture.upload(flowers(rows)), layers, seconds)
        gc.unfreeze()
        worker_fixture.lease_keeper.close()
        worker_fixture.notifier.close()
    server.destroy()


def make_worker_fixture(folder: Path, redis_url: str) -> WorkerFixture:
    """A worker's collaborators with the default settings."""
    settings = Settings(data=folder, database_url=f"sqlite:///{folder / 'x.sqlite3'}", redis_url=redis_url)
    migrate(settings.database)
    sessions = open_sessions(open_database(settings.database))
    notifier = Notifier(celery_app(settings.broker), redis_url)
    lease_keeper = LeaseKeeper(sessions, settings)
    gc.freeze()  # as workers do
    return WorkerFixture(
        sessions=sessions, settings=settings, notifier=notifier, lease_keeper=lease_keeper, folder=folder
    )


def report(worker_fixture: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], seconds: float) -> None:
    """Train in turns, and print the median ratio."""
    per_epoch = by_engine(worker_fixture, dataset_id, layers, 2) / 2
    epochs = max(2, min(10_000, round(seconds / per_epoch)))
    engine, worker = [], []
    for _ in range(TURNS):
        engine.append(by_engine(worker_fixture, dataset_id, layers, epochs))
        worker.append(by_worker(worker_fixture, dataset_id, layers, epochs))
    cost = statistics.median(w / e for w, e in zip(worker, engine, strict=True)) - 1
    each = statistics.median(engine) / epochs * 1e3
    print(f"{epochs:>8}{each:>10.2f}{statistics.median(engine):>10.2f}{statistics.median(worker):>10.2f}{cost:>8.1%}")


def by_engine(worker_fixture: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], epochs: int) -> float:
    """Seconds that the engine alone takes."""
    job = worker_fixture.job(queue(worker_fixture, dataset_id, layers, epochs))
    with_all = JobLoader(worker_fixture.sessions).load(job)
    plan = with_all.plan
    network = Network(
        plan.layers,
        inputs=with_all.network.inputs,
        outputs=with_all.network.outputs,
        loss=plan.loss,
        precision="float32",
    )
    rows = Rows(with_all.training.x, with_all.training.y)
    state = initialize_training(network, plan.training, rows)
    began = time.perf_counter()
    for _ in train(network, state, plan.training, rows, with_all.validation):
        pass
    return time.perf_counter() - began


def by_worker(worker_fixture: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], epochs: int) -> float:
    """Seconds between a worker's first and last event of the same job."""
    job_id = queue(worker_fixture, dataset_id, layers, epochs)
    runner = Runner(
        worker_fixture.sessions,
        worker_fixture.notifier,
        worker_fixture.settings,
        worker_fixture.lease_keeper,
        WorkerId("wrk_bench"),
        lambda: False,
    )
    began = time.perf_counter()
    runner.run_all()
    took = time.perf_counter() - began
    assert worker_fixture.job(job_id).state == "succeeded"
    return took


def queue(worker_fixture: WorkerFixture, dataset_id: str, layers: list[dict[str, Any]], epochs: int) -> str:
    """A job of so many epochs; jobs left in the queue by `by_engine` are canceled."""
    with transaction(worker_fixture.sessions) as tx:
        for left in search.page_of(tx, DEFAULT_PROJECT, JobFilters(state="queued"), None, 100).rows:
            jobs.cancel(tx, DEFAULT_PROJECT, left.id)
    return worker_fixture.queue(dataset_id, model={"layers": layers}, training={"epochs": epochs, "batch_size": 64})


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20.0)
