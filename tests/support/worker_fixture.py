"""The parts of a worker on a real database and a real broker, and jobs for it to run."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from messaging.notifier import Notifier
from service.batches import submission as batch_submission
from service.batches.batch_request import BatchRequest
from service.bootstrap import bootstrap
from service.jobs import submission
from service.jobs.job_request import JobRequest
from service.jobs.planned_jobs import PlannedJobs
from service.limits import ServiceLimits
from service.predictions.loaded_models import LoadedModels
from service.settings import Settings
from service.uploads import dataset_uploads
from service.uploads.dataset_request import DatasetRequest
from service.uploads.dataset_uploads import StoredTable
from service.uploads.uploaded_file import UploadedFile
from store import batches
from store.artifacts import blobs
from store.db.database import Sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, WorkerId
from store.jobs import claims, jobs
from store.tables import Job, Model
from tabular.limits import Limits
from tabular.readers.csv.reader import read_csv
from tabular.readers.options import ReadOptions
from tests.support.tables import flowers
from worker.context import RUN_SECONDS, WorkerContext
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner

WORKER_ID = WorkerId("wrk_test")


@dataclass(frozen=True, kw_only=True)
class WorkerFixture:
    """Queue jobs, run them in this process and look at the results."""

    sessions: Sessions
    settings: Settings
    notifier: Notifier
    lease_keeper: LeaseKeeper
    folder: Path
    engine: Engine
    threads: list[threading.Thread] = field(default_factory=list)

    def context(self, draining: Callable[[], bool] = lambda: False, run_seconds: float = RUN_SECONDS) -> WorkerContext:
        """Return what a worker process would share between its parts."""
        return WorkerContext(
            sessions=self.sessions,
            settings=self.settings,
            notifier=self.notifier,
            lease_keeper=self.lease_keeper,
            worker_id=WORKER_ID,
            is_draining=draining,
            run_seconds=run_seconds,
        )

    def run_all(self, draining: Callable[[], bool] = lambda: False) -> None:
        """Run every queued job in this thread."""
        Runner(self.context(draining)).run_all()

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
        profile = read_csv(source, parquet, ReadOptions(), Limits())
        blob = blobs.write(self.sessions, blobs.chunks_of(parquet.read_bytes()))
        file = UploadedFile(path=source, bytes=len(csv), sha256="0" * 64, filename=None, media_type="text/csv")
        table = StoredTable(file=file, file_format="csv", profile=profile, blob=blob)
        with transaction(self.sessions) as tx:
            return dataset_uploads.create(tx, ServiceLimits(), DEFAULT_PROJECT, DatasetRequest(name="table"), table).id

    def queue(self, dataset_id: str, **body: Any) -> str:
        """Queue a job as the API does; return its id. It has one network unless the body names a preset or ensemble."""
        one = {} if {"preset", "init_from"} & body.keys() else {"ensemble": None}
        request = JobRequest.model_validate({"dataset_id": dataset_id, "target": "kind", **one, **body})
        resolved = submission.resolve(self.sessions, ServiceLimits(), PlannedJobs(), DEFAULT_PROJECT, request)
        with transaction(self.sessions) as tx:
            return submission.submit(tx, ServiceLimits(), DEFAULT_PROJECT, resolved).id

    def queue_batch(self, model_id: str | None, dataset_id: str, **body: Any) -> str:
        """Queue a batch of predictions as the API does; return its id."""
        request, models = BatchRequest(dataset_id=dataset_id, **body), LoadedModels(self.sessions)
        resolved = batch_submission.resolve(self.sessions, models, DEFAULT_PROJECT, model_id or "", request)
        with transaction(self.sessions) as tx:
            return batch_submission.submit(tx, ServiceLimits(), DEFAULT_PROJECT, resolved).id

    def batch(self, batch_id: str) -> Job:
        """Read a batch."""
        with snapshot(self.sessions) as tx:
            return batches.get(tx, DEFAULT_PROJECT, batch_id)

    def result_of(self, batch_id: str) -> bytes:
        """Return the result of a batch."""
        with snapshot(self.sessions) as tx:
            _, blob_id = batches.result_blob(tx, DEFAULT_PROJECT, batch_id)
        return b"".join(blobs.read_verified(self.sessions, blob_id))

    def claim(self, lease_seconds: float = 30) -> Job:
        """Claim the next job as this worker, without running it."""
        with transaction(self.sessions) as tx:
            job = claims.claim(tx, WORKER_ID, lease_seconds)
        assert job is not None
        return job

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

    def close(self) -> None:
        """Wait for the threads and close all connections."""
        for thread in self.threads:
            thread.join(timeout=20)
        self.lease_keeper.close()
        self.notifier.close()
        self.engine.dispose()


@pytest.fixture
def worker_fixture(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[WorkerFixture]:
    """A worker on a database and a broker of the test's own."""
    settings = Settings(
        data=tmp_path, database_url=database_url, redis_url=valkey_url, heartbeat_seconds=0.2, record_seconds=0.02
    )
    fixture = make_worker_fixture(settings, tmp_path)
    yield fixture
    fixture.close()


def make_worker_fixture(settings: Settings, folder: Path) -> WorkerFixture:
    """Create the parts of a worker."""
    services = bootstrap(settings)
    return WorkerFixture(
        sessions=services.sessions,
        settings=settings,
        notifier=services.notifier,
        lease_keeper=LeaseKeeper(services.sessions, settings),
        folder=folder,
        engine=services.engine,
    )


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Wait until `condition` holds; fail after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"the condition did not hold within {seconds:g} s"
        time.sleep(0.01)


def stop_after(batches: int) -> Callable[[], bool]:
    """Return a drain flag that is set after about so many batches."""
    checks = itertools.count()
    return lambda: next(checks) > batches
