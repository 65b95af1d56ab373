"""The parts of a worker on a real database and a real broker, and jobs for it to run."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from messaging.celery_app import celery_app
from messaging.notifier import Notifier
from service import submission
from service.job_request import JobRequest
from service.limits import ServiceLimits
from service.settings import Settings
from store.artifacts import blobs, datasets
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, WorkerId
from store.jobs import jobs
from store.tables import Job, Model
from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions
from tests.support.tables import flowers
from worker.lease_keeper import LeaseKeeper
from worker.runner import RUN_SECONDS, Runner


@dataclass(frozen=True, kw_only=True)
class WorkerFixture:
    """Queue jobs, run them in this process and look at the results."""

    sessions: Sessions
    settings: Settings
    notifier: Notifier
    lease_keeper: LeaseKeeper
    folder: Path
    threads: list[threading.Thread] = field(default_factory=list)

    def runner(self, draining: Callable[[], bool] = lambda: False, run_seconds: float = RUN_SECONDS) -> Runner:
        """Return a runner with this worker's parts."""
        worker = WorkerId("wrk_test")
        return Runner(self.sessions, self.notifier, self.settings, self.lease_keeper, worker, draining, run_seconds)

    def run_all(self, draining: Callable[[], bool] = lambda: False) -> None:
        """Run every queued job in this thread."""
        self.runner(draining).run_all()

    def start(self, draining: Callable[[], bool] = lambda: False) -> threading.Thread:
        """Run every queued job in a thread; the fixture waits for its end."""
        self.threads.append(threading.Thread(target=self.run_all, args=(draining,), daemon=True))
        self.threads[-1].start()
        return self.threads[-1]

    def start_and_wait_until_training(self, job_id: str) -> threading.Thread:
        """Run jobs in a thread, and return it once the job has finished an epoch."""
        thread = self.start()
        wait_until(lambda: self.job(job_id).epoch > 0)
        return thread

    def upload(self, csv: str = flowers()) -> str:
        """Store a table as a data set; return its id."""
        source, parquet = self.folder / "table.csv", self.folder / "table.parquet"
        source.write_text(csv)
        profile = read_csv(source, parquet, ReadOptions(), Limits()).to_json()
        blob = blobs.write(self.sessions, blobs.chunks_of(parquet.read_bytes()))
        with transaction(self.sessions) as tx:
            about = {"name": "table", "format": "csv", "bytes": len(csv), "sha256": "0" * 64}
            return datasets.create(tx, DEFAULT_PROJECT, blob.id, **about, **profile).id

    def queue(self, dataset_id: str, **body: Any) -> str:
        """Queue a job as the API does; return its id."""
        request = JobRequest.model_validate({"dataset_id": dataset_id, "target": "kind", **body})
        with transaction(self.sessions) as tx:
            return submission.submit(tx, ServiceLimits(), DEFAULT_PROJECT, request).id

    def train(self, dataset_id: str, **body: Any) -> Job:
        """Queue a job, run it and return it."""
        job_id = self.queue(dataset_id, **body)
        self.run_all()
        return self.job(job_id)

    def job(self, job_id: str) -> Job:
        """Read a job."""
        with snapshot(self.sessions) as tx:
            return jobs.get(tx, DEFAULT_PROJECT, job_id)

    def weights_hash(self, job_id: str) -> str:
        """Return the SHA-256 of the weights of a job's model."""
        with snapshot(self.sessions) as tx:
            model = tx.get_one(Model, self.job(job_id).model_id)
            return blobs.info(tx, model.blob_id).sha256


@pytest.fixture
def worker_fixture(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[WorkerFixture]:
    """A worker on a database and a broker of the test's own."""
    settings = Settings(
        data=tmp_path, database_url=database_url, redis_url=valkey_url, heartbeat_seconds=0.2, record_seconds=0.02
    )
    engine = open_database(database_url)
    notifier = Notifier(celery_app(settings.broker), settings.redis_url)
    sessions = open_sessions(engine)
    lease_keeper = LeaseKeeper(sessions, settings)
    fixture = WorkerFixture(
        sessions=sessions, settings=settings, notifier=notifier, lease_keeper=lease_keeper, folder=tmp_path
    )
    yield fixture
    for thread in fixture.threads:
        thread.join(timeout=20)
    lease_keeper.close()
    notifier.close()
    engine.dispose()


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until `condition` holds; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"the condition did not hold within {seconds:g} s"
        time.sleep(0.01)
