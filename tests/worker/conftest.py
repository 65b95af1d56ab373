"""A worker's collaborators on a real database and a real Valkey, and jobs to run with them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.jobs.schemas import JobRequest
from messaging.celery_app import celery_app
from messaging.notifier import Notifier
from service import submission
from service.limits import ApiSettings
from service.settings import Settings
from store.artifacts import blobs, datasets
from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT, WorkerId
from store.jobs import jobs
from store.tables import Job, Model
from tabular.limits import Limits
from tabular.readers.csv.options import CsvOptions
from tabular.readers.csv.reader import ingest
from tests.support.tables import flowers
from worker.lease_keeper import LeaseKeeper
from worker.runner import RUN_SECONDS, Runner


@dataclass(frozen=True, kw_only=True)
class WorkerFixture:
    """What a test needs to queue jobs, run them and look at them."""

    sessions: Sessions
    settings: Settings
    notifier: Notifier
    lease_keeper: LeaseKeeper
    folder: Path

    def runner(self, draining: Callable[[], bool] = lambda: False, run_seconds: float = RUN_SECONDS) -> Runner:
        worker = WorkerId("wrk_test")
        return Runner(self.sessions, self.notifier, self.settings, self.lease_keeper, worker, draining, run_seconds)

    def upload(self, csv: str = flowers()) -> str:
        source, parquet = self.folder / "table.csv", self.folder / "table.parquet"
        source.write_text(csv)
        profile = ingest(source, parquet, CsvOptions(), Limits()).to_json()
        blob = blobs.write(self.sessions, blobs.chunks_of(parquet.read_bytes()))
        with transaction(self.sessions) as tx:
            about = {"name": "table", "format": "csv", "bytes": len(csv), "sha256": "0" * 64}
            return datasets.create(tx, DEFAULT_PROJECT, blob.id, **about, **profile).id

    def queue(self, dataset_id: str, **body: Any) -> str:
        request = JobRequest.model_validate({"dataset_id": dataset_id, "target": "kind", **body})
        with transaction(self.sessions) as tx:
            return str(submission.create(ApiSettings(), DEFAULT_PROJECT, request, tx).body["id"])

    def job(self, job_id: str) -> Job:
        with snapshot(self.sessions) as tx:
            return jobs.get(tx, DEFAULT_PROJECT, job_id)

    def weights_hash(self, job_id: str) -> str:
        with snapshot(self.sessions) as tx:
            model = tx.get_one(Model, self.job(job_id).model_id)
            return blobs.info(tx, model.blob_id).sha256


@pytest.fixture
def worker_fixture(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[WorkerFixture]:
    """A bench on a database and broker of the test's own."""
    settings = Settings(
        data=tmp_path, database_url=database_url, redis_url=valkey_url, heartbeat_seconds=0.2, record_seconds=0.02
    )
    engine = open_database(database_url)
    notifier = Notifier(celery_app(settings.broker), settings.redis_url)
    sessions = open_sessions(engine)
    lease_keeper = LeaseKeeper(sessions, settings)
    yield WorkerFixture(
        sessions=sessions, settings=settings, notifier=notifier, lease_keeper=lease_keeper, folder=tmp_path
    )
    lease_keeper.close()
    notifier.close()
    engine.dispose()
