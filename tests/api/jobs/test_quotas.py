"""How many jobs may wait, and what a submit is detail about the time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.limits import ServiceLimits


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of this test's own, once on SQLite and once on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def limits() -> ServiceLimits:
    """Small ones."""
    return ServiceLimits(max_project_queued=2)


def submit(client: TestClient, dataset: dict[str, Any], **query: str) -> Any:
    return client.post("/v1/jobs", params=query, json={"dataset_id": dataset["id"], "target": "kind"})


def test_a_submit_over_the_quota_is_a_429_with_retry_after(client: TestClient, dataset: dict[str, Any]) -> None:
    first, _ = submit(client, dataset), submit(client, dataset)
    refused = submit(client, dataset)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.headers["Retry-After"] == "30"
    assert refused.headers["RateLimit-Policy"] == '"queued";q=2'
    assert refused.headers["RateLimit"] == '"queued";r=0;t=30'
    client.post(f"{first.json()['links']['self']}/cancel")
    assert submit(client, dataset).status_code == 201


def at_once(ask: Callable[[Any], Any], about: Iterable[Any]) -> list[int]:
    """The statuses of requests that are sent at the same moment, in order."""
    with ThreadPoolExecutor(8) as threads:
        return sorted(answer.status_code for answer in threads.map(ask, about))


def test_concurrent_submits_never_exceed_the_quota(client: TestClient, dataset: dict[str, Any]) -> None:
    assert at_once(lambda _: submit(client, dataset), range(8)) == [201] * 2 + [429] * 6


def test_concurrent_resumes_and_retries_never_exceed_the_quota(client: TestClient, dataset: dict[str, Any]) -> None:
    ended, *paused = [submit(client, dataset).json()["links"]["self"] for _ in range(2)]
    client.post(f"{ended}/cancel")
    for _ in range(3):
        client.post(f"{paused[-1]}/pause")
        paused.append(submit(client, dataset).json()["links"]["self"])
    asked = [f"{url}/resume" for url in paused[:-1]] + [f"{ended}/retry"] * 3
    assert at_once(client.post, asked).count(429) == 5
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
    detail = submit(client, dataset, validate_only="true").json()["estimate"]["seconds"]
    assert 0 < detail["low"] <= detail["seconds"] <= detail["high"]
