"""Fixtures for tests of the API, which runs in this process on SQLite and a real Valkey.

Jobs stay queued until a test runs a worker. `tests/store` tests what depends on the database, on SQLite and PostgreSQL.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import ApiSettings
from service.bootstrap import Services
from service.limits import ServiceLimits
from service.settings import Settings
from tests.support.api import LOOPBACK, upload
from tests.support.in_process_worker import in_process_worker
from tests.support.tables import flowers


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """The URL of a migrated SQLite database for this test."""
    return sqlite_url


@pytest.fixture
def settings(database_url: str, valkey_url: str, tmp_path: Path) -> Settings:
    """An empty database and broker, and a folder for uploads."""
    return Settings(data=tmp_path / "data", database_url=database_url, redis_url=valkey_url)


@pytest.fixture
def limits() -> ServiceLimits:
    """The default limits; tests that need others override this."""
    return ServiceLimits()


@pytest.fixture
def api_settings() -> ApiSettings:
    """The default limits of bodies; tests that need others override this."""
    return ApiSettings()


@pytest.fixture
def client(settings: Settings, limits: ServiceLimits, api_settings: ApiSettings) -> Iterator[TestClient]:
    """A client of the API."""
    with TestClient(create_app(settings, limits, api_settings), base_url=LOOPBACK) as client:
        yield client


@pytest.fixture
def work(client: TestClient) -> Iterator[Callable[[], None]]:
    """Runs the queued jobs as a worker does."""
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    with in_process_worker(services) as run_all:
        yield run_all


@pytest.fixture
def dataset(client: TestClient) -> dict[str, Any]:
    """A data set of flowers, as the API returns it."""
    return upload(client, flowers())


@pytest.fixture
def model(client: TestClient, dataset: dict[str, Any], work: Callable[[], None]) -> dict[str, Any]:
    """A model with one network, trained on the flowers, as the API returns it."""
    layers = [{"type": "dense", "units": 64}, {"type": "dropout", "rate": 0.05}, {"type": "dense", "units": 32}]
    body = {"dataset_id": dataset["id"], "target": "kind", "model": {"layers": layers}}
    job = client.post("/v1/jobs", json=body).json()
    work()
    model_id = client.get(job["links"]["self"]).json()["model_id"]
    found: dict[str, Any] = client.get(f"/v1/models/{model_id}").json()
    return found
