"""A service to break, and clients of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backprop_client import Client
from tests.support.servers import RedisServer, valkey_binary
from tests.support.service_under_test import ServiceUnderTest


@pytest.fixture(scope="session")
def shared_service(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    """API, scheduler and worker as processes on SQLite."""
    folder = tmp_path_factory.mktemp("client")
    database = folder / "backprop.db"
    database.write_bytes(sqlite_template.read_bytes())
    broker = RedisServer(valkey_binary()).start()
    service = ServiceUnderTest(f"sqlite:///{database}", broker, folder)
    try:
        service.open()
        yield service
    finally:
        service.end()
        broker.destroy()


@pytest.fixture
def service(shared_service: ServiceUnderTest) -> ServiceUnderTest:
    """The service, with all parts running."""
    shared_service.revive()
    return shared_service


@pytest.fixture
def client(service: ServiceUnderTest) -> Iterator[Client]:
    """A synchronous client of the service."""
    with Client(str(service.client.base_url)) as client:
        yield client
