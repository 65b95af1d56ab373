"""Limits of queued jobs, and the estimated duration of a job."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.limits import ServiceLimits


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a migrated database for this test: one run on SQLite, one on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def limits() -> ServiceLimits:
    """A limit of two queued jobs per project."""
    return ServiceLimits(max_project_queued=2)


def submit(client: TestClient, dataset: dict[str, Any], **query: str) -> Any:
    return client.post("/v1/jobs", params=query, json={"dataset_id": dataset["id"], "target": "kind"})


def test_a_submit_over_the_quota_is_a_429_with_retry_after(client: TestClient, dataset: dict[str, Any]) -> None:
    first, _ = submit(client, dataset), submit(client, dataset)
    rejected = submit(client, dataset)
    assert (rejected.status_code, rejected.json()["code"]) == (429, "quota_exceeded")
    assert rejected.headers["Retry-After"] == "30"
    assert rejected.headers["RateLimit-Policy"] == '"queued";q=2'
    assert rejected.headers["RateLimit"] == '"queued";r=0;t=30'
    client.post(f"{first.json()['links']['self']}/cancel")
    assert submit(client, dataset).status_code == 201


def concurrently(ask: Callable[[Any], Any], about: Iterable[Any]) -> list[int]:
    """Send requests concurrently and return their sorted statuses."""
    with ThreadPoolExecutor(8) as threads:
        return sorted(response.status_code for response in threads.map(ask, about))


def test_concurrent_submits_never_exceed_the_quota(client: TestClient, dataset: dict[str, Any]) -> None:
    assert concurrently(lambda _: submit(client, dataset), range(8)) == [201] * 2 + [429] * 6


def test_concurrent_resumes_and_retries_never_exceed_the_quota(client: TestClient, dataset: dict[str, Any]) -> None:
    ended, *paused = [submit(client, dataset).json()["links"]["self"] for _ in range(2)]
    client.post(f"{ended}/cancel")
    for _ in range(3):
        client.post(f"{paused[-1]}/pause")
        paused.append(submit(client, dataset).json()["links"]["self"])
    requested = [f"{url}/resume" for url in paused[:-1]] + [f"{ended}/retry"] * 3
    assert concurrently(client.post, requested).count(429) == 5
    queued = client.get("/v1/jobs", params={"state": "queued"}).json()["data"]
    assert len(queued) == 2


def test_resuming_a_queued_job_succeeds_in_a_full_queue(client: TestClient, dataset: dict[str, Any]) -> None:
    first, _ = submit(client, dataset).json()["links"]["self"], submit(client, dataset)
    assert client.post(f"{first}/resume").status_code == 200


def test_the_estimate_has_seconds_once_a_job_has_succeeded(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    assert submit(client, dataset).json()["estimate"]["seconds"] is None
    work()
    seconds = submit(client, dataset, validate_only="true").json()["estimate"]["seconds"]
    assert 0 < seconds["low"] <= seconds["seconds"] <= seconds["high"]
