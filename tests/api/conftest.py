"""The API in this process, on SQLite and a real Valkey; jobs stay queued until a test runs a worker.

What depends on the database is tested on both where it is written, in `tests/store`; here `test_jobs` runs on both.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from safetensors.numpy import load

from api.app import create_app
from service.bootstrap import Services
from service.limits import ApiSettings
from service.settings import Settings
from store.ids import WorkerId
from tests.support.tables import flowers
from worker.lease_keeper import LeaseKeeper
from worker.runner import Runner

CSV = {"Content-Type": "text/csv"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """A migrated SQLite file of this test's own."""
    return sqlite_url


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    """An empty database and broker, and a folder for uploads."""
    return Settings(data=tmp_path / "data", database_url=database_url, redis_url=valkey_url, record_seconds=0.02)


@pytest.fixture
def limits() -> ApiSettings:
    """The limits in force; tests that need others override this."""
    return ApiSettings()


@pytest.fixture
def client(settings: Settings, limits: ApiSettings) -> Iterator[TestClient]:
    """A caller of the API."""
    with TestClient(create_app(settings, limits)) as client:
        yield client


@pytest.fixture
def work(client: TestClient) -> Iterator[Callable[[], None]]:
    """Runs what is queued, as a worker would."""
    service: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's

    lease_keeper = LeaseKeeper(service.sessions, service.settings)
    worker = WorkerId("wrk_test")
    yield Runner(service.sessions, service.notifier, service.settings, lease_keeper, worker, lambda: False).run_all
    lease_keeper.close()


@pytest.fixture
def dataset(client: TestClient) -> dict[str, Any]:
    """A data set of flowers, as the API shows it."""
    return upload(client, flowers())


@pytest.fixture
def model(client: TestClient, dataset: dict[str, Any], work: Callable[[], None]) -> dict[str, Any]:
    """A model of the flowers, as the API shows it."""
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    work()
    model_id = client.get(job["links"]["self"]).json()["model_id"]
    shown: dict[str, Any] = client.get(f"/v1/models/{model_id}").json()
    return shown


def upload(client: TestClient, csv: str | bytes, **query: str) -> dict[str, Any]:
    """Upload a table that is right."""
    answer = client.post("/v1/datasets", params=query, content=csv, headers=CSV)
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


def train(client: TestClient, work: Callable[[], None], body: dict[str, Any]) -> dict[str, Any]:
    """A job that has ended."""
    answer = client.post("/v1/jobs", json=body)
    assert answer.status_code == 201, answer.text
    work()
    job: dict[str, Any] = client.get(answer.json()["links"]["self"]).json()
    assert job["state"] == "succeeded", job["error"]
    return job


def weights(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    """The downloaded weights of a job's model, by name."""
    return load(client.get(f"{job['links']['model']}/weights").content)


def pointers(answer: dict[str, Any]) -> list[str]:
    """Where the problems of a 422 are."""
    return [error["pointer"] for error in answer["errors"]]
