"""How many jobs may wait, and what a submit is told about the time."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.settings import ApiSettings


@pytest.fixture
def limits() -> ApiSettings:
    """Small ones."""
    return ApiSettings(max_project_queued=2)


def submit(client: TestClient, dataset: dict[str, Any], **query: str) -> Any:
    return client.post("/v1/jobs", params=query, json={"dataset_id": dataset["id"], "target": "kind"})


def test_a_project_whose_quota_of_queued_jobs_is_used_up_is_told_when_to_come_again(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    first, _ = submit(client, dataset), submit(client, dataset)
    refused = submit(client, dataset)
    assert (refused.status_code, refused.json()["code"]) == (429, "quota_exceeded")
    assert refused.headers["Retry-After"] == "30"
    assert refused.headers["RateLimit-Policy"] == '"queued";q=2'
    assert refused.headers["RateLimit"] == '"queued";r=0;t=30'
    client.post(f"{first.json()['links']['self']}/cancel")
    assert submit(client, dataset).status_code == 201


def test_the_estimate_tells_seconds_as_soon_as_a_job_has_succeeded(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    assert submit(client, dataset).json()["estimate"]["seconds"] is None
    work()
    told = submit(client, dataset, validate_only="true").json()["estimate"]["seconds"]
    assert 0 < told["low"] <= told["seconds"] <= told["high"]
