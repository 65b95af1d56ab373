"""Several API processes: one port, and no difference which of them answers."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.__main__ import HEALTH_SECONDS
from api.app import create_app
from api.http.polling.job_snapshots import JobSnapshots
from api.settings import ApiSettings
from messaging.change_feed import CONNECTED_SECONDS
from service.settings import Settings
from tests.support.api import LOOPBACK
from tests.support.processes import START_SECONDS, Processes, children

NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture
def others(settings: Settings) -> Iterator[list[TestClient]]:
    """Two more APIs on the same database; the second one cannot publish its changes."""
    silent = settings.model_copy(update={"redis_url": NO_REDIS})
    with (
        TestClient(create_app(settings), base_url=LOOPBACK) as second,
        TestClient(create_app(silent), base_url=LOOPBACK) as third,
    ):
        yield [second, third]


def test_a_change_is_seen_by_the_other_processes(
    client: TestClient, others: list[TestClient], dataset: dict[str, Any]
) -> None:
    other, silent = others
    body = {"dataset_id": dataset["id"], "target": "kind"}
    key = {"Idempotency-Key": "one"}
    created = client.post("/v1/jobs", json=body, headers=key)
    repeated = other.post("/v1/jobs", json=body, headers=key)
    assert (repeated.json(), repeated.headers["Idempotency-Replayed"]) == (created.json(), "true")
    url = created.json()["links"]["self"]
    assert other.get(url, headers={"Prefer": "wait=0"}).json()["state"] == "queued"
    client.post(f"{url}/pause")
    changed = other.get(url, headers={"Prefer": "wait=60", "If-None-Match": created.headers["ETag"]})
    assert changed.json()["state"] == "paused"
    silent.post(f"{url}/cancel")
    snapshots: JobSnapshots = other.app.state.job_snapshots  # type: ignore[attr-defined]  # FastAPI's
    assert other.get(url).json()["state"] == "paused", "the message is lost"
    clock = snapshots._clock
    snapshots._clock = lambda: clock() + CONNECTED_SECONDS
    assert other.get(url).json()["state"] == "canceled"


def test_limits_of_connections_are_divided() -> None:
    assert [ApiSettings(api_processes=count).share(1000) for count in (1, 3)] == [1000, 334]


def test_a_process_that_is_killed_is_replaced(sqlite_url: str, valkey_url: str, tmp_path: Path) -> None:
    service = Processes(sqlite_url, valkey_url, tmp_path)
    try:
        api = service.start("api", "--port", str(service.port), "--processes", "2")
        service.wait(lambda: len(servers(api.pid)) == 2 and service.responds(), START_SECONDS)
        killed = min(servers(api.pid))
        os.kill(killed, signal.SIGKILL)
        seconds = HEALTH_SECONDS + START_SECONDS  # the first process may be waiting for a response of the killed one
        service.wait(lambda: len(servers(api.pid) - {killed}) == 2 and service.responds(), seconds)
        api.terminate()
        assert api.wait(START_SECONDS) == 0
    finally:
        service.end()


def servers(parent: int) -> set[int]:
    """Return the API processes that the first one has started."""
    return {pid for pid in children(parent) if b"spawn_main" in command_line(pid)}


def command_line(pid: int) -> bytes:
    """Return the command of a process; nothing if it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""
