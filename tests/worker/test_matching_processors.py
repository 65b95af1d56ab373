"""Two workers whose processors give different bits: a paused job waits for the worker that it started on."""

import platform
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import distinct, func, select

from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import snapshot
from store.tables import Worker
from tests.support.processes import START_SECONDS, Processes
from tests.support.tables import flowers

pytestmark = pytest.mark.one_database("postgres")

OTHER_KERNELS = "Prescott" if platform.machine() == "x86_64" else "ARMV8"  # OpenBLAS has them for every such processor
LONG = {"target": "kind", "training": {"epochs": 10_000, "batch_size": 8}}


@pytest.fixture
def service(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Processes]:
    """A service with no process started yet."""
    processes = Processes(database_url, valkey_url, tmp_path)
    yield processes
    processes.end()


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    engine = open_database(database_url)
    yield open_sessions(engine)
    engine.dispose()


def resume_on_busy_worker(service: Processes, sessions: Sessions, wait_seconds: str) -> tuple[str, str]:
    """Resume a paused job while its first worker is busy and an idle worker would give other bits.

    Returns the paths of the resumed job and of the job that keeps the first worker busy.
    """
    service.environment["BACKPROP_FINGERPRINT_WAIT_SECONDS"] = wait_seconds
    service.start_all()
    dataset_id = service.upload(flowers())
    resumed = service.submit(dataset_id, **LONG)
    service.wait(lambda: service.job(resumed)["progress"]["epoch"] > 3)
    service.client.post(f"{resumed}/pause").raise_for_status()
    service.wait(lambda: service.job(resumed)["state"] == "paused")
    other = service.submit(dataset_id, **LONG)
    service.wait(lambda: service.job(other)["state"] == "running")
    service.start("worker", "--concurrency", "1", OPENBLAS_CORETYPE=OTHER_KERNELS)
    service.wait(lambda: count_fingerprints(sessions) == 2, START_SECONDS)
    service.client.post(f"{resumed}/resume").raise_for_status()
    return resumed, other


def count_fingerprints(sessions: Sessions) -> int:
    with snapshot(sessions) as tx:
        return tx.scalar(select(func.count(distinct(Worker.fingerprint)))) or 0


def wait_until_running(service: Processes, path: str) -> dict[str, Any]:
    service.wait(lambda: service.job(path)["state"] == "running")
    return service.job(path)


def test_a_resumed_job_waits_for_the_worker_with_the_same_bits(service: Processes, sessions: Sessions) -> None:
    resumed, other = resume_on_busy_worker(service, sessions, wait_seconds="120")
    with pytest.raises(AssertionError):
        service.wait(lambda: service.job(resumed)["state"] != "queued", seconds=2)
    service.client.post(f"{other}/cancel").raise_for_status()
    assert wait_until_running(service, resumed)["bit_exact"] is True


def test_a_resumed_job_runs_elsewhere_after_the_wait_and_is_not_bit_exact(
    service: Processes, sessions: Sessions
) -> None:
    resumed, other = resume_on_busy_worker(service, sessions, wait_seconds="3")
    job = wait_until_running(service, resumed)
    assert job["bit_exact"] is False
    queued_at, running_at = (datetime.fromisoformat(entry["at"]) for entry in job["transitions"][-2:])
    assert (running_at - queued_at).total_seconds() >= 3
    assert service.job(other)["state"] == "running"
