"""Two workers whose processors compute different bits: a job that was laid aside waits for the one it began in."""

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

OTHER_KERNELS = "Prescott" if platform.machine() == "x86_64" else "ARMV8"  # that OpenBLAS has for every such processor
ENDLESS = {"target": "kind", "training": {"epochs": 10_000, "batch_size": 8}}


@pytest.fixture
def two(database_url: str, valkey_url: str, tmp_path: Path) -> Iterator[Processes]:
    """A service with nothing started yet."""
    processes = Processes(database_url, valkey_url, tmp_path)
    yield processes
    processes.end()


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    engine = open_database(database_url)
    yield open_sessions(engine)
    engine.dispose()


def laid_aside(two: Processes, sessions: Sessions, wait_seconds: str) -> tuple[str, str]:
    """A job that its owner resumes when the worker it began in is busy and an idle one computes other bits."""
    two.environment["BACKPROP_FINGERPRINT_WAIT_SECONDS"] = wait_seconds
    two.start_all()
    dataset_id = two.upload(flowers())
    first = two.submit(dataset_id, **ENDLESS)
    two.wait(lambda: two.job(first)["progress"]["epoch"] > 3)
    two.client.post(f"{first}/pause").raise_for_status()
    two.wait(lambda: two.job(first)["state"] == "paused")
    second = two.submit(dataset_id, **ENDLESS)
    two.wait(lambda: two.job(second)["state"] == "running")
    two.start("worker", "--concurrency", "1", OPENBLAS_CORETYPE=OTHER_KERNELS)
    two.wait(lambda: fingerprints(sessions) == 2, START_SECONDS)
    two.client.post(f"{first}/resume").raise_for_status()
    return first, second


def fingerprints(sessions: Sessions) -> int:
    with snapshot(sessions) as tx:
        return tx.scalar(select(func.count(distinct(Worker.fingerprint)))) or 0


def test_it_goes_on_with_the_same_bits_once_that_worker_is_free(two: Processes, sessions: Sessions) -> None:
    first, second = laid_aside(two, sessions, wait_seconds="120")
    with pytest.raises(AssertionError):
        two.wait(lambda: two.job(first)["state"] != "queued", seconds=2)
    two.client.post(f"{second}/cancel").raise_for_status()
    assert running(two, first)["bit_exact"] is True


def test_when_that_worker_stays_busy_it_goes_on_elsewhere_and_says_so(two: Processes, sessions: Sessions) -> None:
    first, second = laid_aside(two, sessions, wait_seconds="3")
    job = running(two, first)
    assert job["bit_exact"] is False
    queued_at, running_at = (datetime.fromisoformat(entry["at"]) for entry in job["transitions"][-2:])
    assert (running_at - queued_at).total_seconds() >= 3
    assert two.job(second)["state"] == "running"


def running(two: Processes, url: str) -> dict[str, Any]:
    two.wait(lambda: two.job(url)["state"] == "running")
    return two.job(url)
