"""/v1/jobs/delete: accepted, carried out by the scheduler, described at /v1/deletions."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from messaging.celery_app import celery_app
from service.settings import Settings
from tests.support.access import add_project, bearer, services_of
from worker.maintenance.accounts.job_deletions import JobDeletions
from worker.maintenance.accounts.job_retention import JobRetention
from worker.maintenance.duty import Resources


@pytest.fixture
def resources(client: TestClient, settings: Settings) -> Resources:
    """What duties work with."""
    kept = settings.model_copy(update={"retention_days": 1})
    return Resources(sessions=services_of(client).sessions, settings=kept, app=celery_app(settings.broker))


def test_ended_jobs_are_erased_in_the_background(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None], resources: Resources
) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 1}, "metadata": {"team": "risk"}}
    job = client.post("/v1/jobs", json=body).json()
    work()
    done = client.get(job["links"]["self"]).json()
    waiting = client.post("/v1/jobs", json=body).json()
    wanted, key = {"metadata.team": "risk", "state": "succeeded"}, {"Idempotency-Key": "1"}
    asked = client.post("/v1/jobs/delete", json=wanted, headers=key)
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert asked.json()["filters"]["metadata"] == {"team": "risk"}
    assert client.post("/v1/jobs/delete", json=wanted, headers=key).json() == asked.json()
    assert "Retry-After" in client.get(asked.headers["Location"]).headers
    JobDeletions(resources).run()
    deletion = client.get(asked.headers["Location"]).json()
    assert (deletion["state"], deletion["deleted"], deletion["kept"]) == ("succeeded", 1, 0)
    assert client.get("/v1/deletions").json()["data"] == [deletion]
    assert client.get(job["links"]["self"]).status_code == 404, "also when it was polled just before"
    assert client.get(done["links"]["model"]).status_code == 404
    assert client.get(waiting["links"]["self"]).status_code == 200
    JobRetention(resources).run()
    assert client.get(waiting["links"]["self"]).status_code == 200
    assert client.get(asked.headers["Location"], headers=bearer(client, add_project(client))).status_code == 404


@pytest.mark.parametrize("body", [{}, {"state": "running"}, {"metadata": {}}, {"stat": "failed"}, {"all": False}])
def test_a_deletion_without_a_valid_filter_is_rejected(client: TestClient, body: dict[str, Any]) -> None:
    assert client.post("/v1/jobs/delete", json=body).status_code == 422
    assert client.get("/v1/deletions").json()["data"] == []
