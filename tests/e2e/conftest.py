"""Fixtures: the service as processes on real servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Processes


@pytest.fixture
def service(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Processes]:
    """A service on each database and Valkey; no process is started yet."""
    processes = Processes(database_url, valkey_url, tmp_path)
    yield processes
    processes.end()


@pytest.fixture
def service_on_any_broker(database_url: str, broker_url: str, tmp_path: Path) -> Iterator[Processes]:
    """A service on each database and each broker that is installed; no process is started yet."""
    processes = Processes(database_url, broker_url, tmp_path)
    yield processes
    processes.end()
