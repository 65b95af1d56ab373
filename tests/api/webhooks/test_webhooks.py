"""/v1/webhooks: secrets are shown one time, changes are conditional, deliveries are listed and replayed."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from service.bootstrap import Services
from service.settings import Settings
from store.db.transaction import transaction
from store.ids import DEFAULT_PROJECT
from store.jobs import jobs
from tests.support.api import pointers
from tests.support.store import queue_job

URL = "https://hooks.example.com/backprop?team=risk"


def create(client: TestClient, **body: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"url": URL, **body})
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def cancel_a_job(client: TestClient) -> None:
    """Cause the event job.canceled."""
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    job = queue_job(services.sessions)
    with transaction(services.sessions) as tx:
        jobs.cancel(tx, DEFAULT_PROJECT, job.id)


def test_the_secret_is_in_the_first_answer_only_and_encrypted_in_the_database(
    client: TestClient, sqlite_url: str
) -> None:
    headers = {"Idempotency-Key": "key-1"}
    answer = client.post("/v1/webhooks", json={"url": URL}, headers=headers)
    created = answer.json()
    assert created["secret"].startswith("whsec_")
    assert (created["url"], created["events"], created["enabled"]) == (URL, ["*"], True)
    repeated = client.post("/v1/webhooks", json={"url": URL}, headers=headers)
    assert repeated.headers["Idempotency-Replayed"] == "true"
    assert repeated.json() == {name: value for name, value in created.items() if name != "secret"}
    read = client.get(answer.headers["Location"])
    assert "secret" not in read.json()
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert [row["id"] for row in client.get("/v1/webhooks").json()["data"]] == [created["id"]]
    folder = Path(sqlite_url.removeprefix("sqlite:///")).parent
    stored = b"".join(file.read_bytes() for file in folder.glob("backprop.db*"))
    assert created["id"].encode() in stored
    assert created["secret"].removeprefix("whsec_").encode() not in stored


def test_changes_need_the_current_version_and_rotation_gives_a_new_secret(client: TestClient) -> None:
    created = create(client, events=["job.failed"], metadata={"team": "risk"})
    path = f"/v1/webhooks/{created['id']}"
    before = client.get(path).headers["ETag"]
    changed = client.patch(path, json={"enabled": False, "description": "paused"}, headers={"If-Match": before})
    assert changed.json() | {"updated_at": ""} == {
        **{name: value for name, value in created.items() if name != "secret"},
        "enabled": False,
        "disabled_reason": "owner",
        "description": "paused",
        "updated_at": "",
    }
    assert client.patch(path, json={"enabled": True}, headers={"If-Match": before}).status_code == 412
    rotated = client.post(f"{path}/rotate", json={"overlap_seconds": 60.0}).json()
    assert rotated["secret"].startswith("whsec_")
    assert rotated["secret"] != created["secret"]
    assert rotated["previous_secret_until"] > rotated["updated_at"]
    assert client.post(f"{path}/rotate").status_code == 200
    assert client.delete(path, headers={"If-Match": before}).status_code == 412
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_deliveries_are_listed_replayed_and_erased_with_the_webhook(client: TestClient) -> None:
    path = f"/v1/webhooks/{create(client)['id']}"
    cancel_a_job(client)
    test = client.post(f"{path}/test")
    assert test.status_code == 201
    assert client.get(test.headers["Location"]).json() == test.json()
    page = client.get(f"{path}/deliveries", params={"limit": 1}).json()
    rest = client.get(f"{path}/deliveries", params={"cursor": page["next_cursor"]}).json()
    assert [row["type"] for row in page["data"] + rest["data"]] == ["webhook.test", "job.canceled"]
    assert client.get(f"{path}/deliveries", params={"state": "failed"}).json()["data"] == []
    first = rest["data"][0]
    replayed = client.post(f"{path}/deliveries/{first['id']}/replay").json()
    assert (replayed["event_id"], replayed["state"], replayed["attempts"]) == (first["event_id"], "pending", 0)
    client.patch(path, json={"enabled": False})
    for action in ("test", f"deliveries/{first['id']}/replay"):
        refused = client.post(f"{path}/{action}")
        assert (refused.status_code, refused.json()["code"]) == (409, "webhook_disabled")
    client.delete(path)
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    with transaction(services.sessions) as tx:
        assert tx.scalar(text("SELECT count(*) FROM webhook_deliveries")) == 0


def test_every_problem_is_reported_and_the_number_is_limited(client: TestClient) -> None:
    body = {"url": "http://user@localhost/", "events": ["job.queued"], "description": 1, "color": "red"}
    answer = client.post("/v1/webhooks", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert sorted(pointers(answer.json())) == ["/color", "/description", "/events/0", "/url"]
    assert pointers(client.post("/v1/webhooks", json={"url": "https://10.0.0.1/"}).json()) == ["/url"]
    for _ in range(5):
        create(client)
    refused = client.post("/v1/webhooks", json={"url": URL})
    assert (refused.status_code, refused.json()["code"]) == (422, "over_limit")


def test_openapi_shows_the_requests_that_webhooks_receive(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert {"job.running", "job.succeeded", "job.failed", "job.canceled", "job.paused"} < document["webhooks"].keys()
    request = document["webhooks"]["job.succeeded"]["post"]
    assert {parameter["name"] for parameter in request["parameters"]} == {
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    }
    assert document["components"]["schemas"]["JobEventData"]["properties"].keys() >= {"id", "state", "links"}


def test_networks_of_the_setting_must_be_networks() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1/8 has host bits set"):
        Settings(webhook_allow_networks="10.0.0.1/8")
