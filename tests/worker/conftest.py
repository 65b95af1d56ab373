"""A worker's collaborators on a real database and a real Valkey, and jobs to run with them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api import planning
from api.schemas.jobs import JobRequest
from api.settings import ApiSettings
from store import blobs, datasets, jobs
from store.database import Sessions, open_database, open_sessions
from store.ids import DEFAULT_PROJECT, WorkerId
from store.queue import Doorbell, celery_app
from store.settings import Settings
from store.tables import Job, Model
from store.transaction import snapshot, transaction
from tabular.ingest import ingest
from tabular.options import CsvOptions, Limits
from tests.tables import flowers
from worker.heart import Heart
from worker.runner import RUN_SECONDS, Runner


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What a test needs to queue jobs, run them and look at them."""

    sessions: Sessions
    settings: Settings
    doorbell: Doorbell
    heart: Heart
    folder: Path

    def runner(self, draining: Callable[[], bool] = lambda: False, run_seconds: float = RUN_SECONDS) -> Runner:
        worker = WorkerId("wrk_test")
        return Runner(self.sessions, self.doorbell, self.settings, self.heart, worker, draining, run_seconds)

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
            return str(planning.create(ApiSettings(), DEFAULT_PROJECT, request, tx).body["id"])

    def job(self, job_id: str) -> Job:
        with snapshot(self.sessions) as tx:
            return jobs.get(tx, DEFAULT_PROJECT, job_id)

    def weights_hash(self, job_id: str) -> str:
        with snapshot(self.sessions) as tx:
            model = tx.get_one(Model, self.job(job_id).model_id)
            return blobs.info(tx, model.blob_id).sha256


@pytest.fixture
def bench(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Bench]:
    """A bench on a database and broker of the test's own."""
    settings = Settings(
        data=tmp_path, database_url=database_url, redis_url=valkey_url, heartbeat_seconds=0.2, record_seconds=0.02
    )
    engine = open_database(database_url)
    doorbell = Doorbell(celery_app(settings.broker), settings.redis_url)
    sessions = open_sessions(engine)
    heart = Heart(sessions, settings)
    yield Bench(sessions=sessions, settings=settings, doorbell=doorbell, heart=heart, folder=tmp_path)
    heart.close()
    doorbell.close()
    engine.dispose()
