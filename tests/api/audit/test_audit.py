"""/v1/audit: changes and denied requests, for administrators."""

from typing import Any

from fastapi.testclient import TestClient

from tests.support.access import add_project, bearer, services_of
from tests.support.api import upload
from tests.support.tables import flowers


def entries(client: TestClient, headers: dict[str, str], **query: str) -> list[dict[str, Any]]:
    """Return the entries of the audit log, newest first."""
    response = client.get("/v1/audit", params=query, headers=headers)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()["data"]
    return found


def test_changes_are_recorded_with_who_what_when_and_where(client: TestClient) -> None:
    admin = bearer(client)
    client.headers.update(admin)
    dataset = upload(client, flowers())
    body, key = {"dataset_id": dataset["id"], "target": "kind"}, {"Idempotency-Key": "1", "X-Request-Id": "mine"}
    job = client.post("/v1/jobs", json=body, headers=key).json()
    assert client.post("/v1/jobs", json=body, headers=key).json() == job, "a repetition changes nothing"
    client.get(f"/v1/jobs/{job['id']}")
    client.post(f"/v1/jobs/{job['id']}/cancel")
    client.post(f"/v1/jobs/{job['id']}/cancel")  # 409: nothing changes
    client.delete(f"/v1/jobs/{job['id']}")
    listed = entries(client, admin)
    assert [(each["operation"], each["resource_id"], each["status"]) for each in listed] == [
        ("delete_job", job["id"], 204),
        ("cancel_job", job["id"], 200),
        ("create_job", job["id"], 201),
        ("create_dataset", dataset["id"], 201),
    ]
    assert {(each["actor"]["type"], each["actor"]["name"], each["address"]) for each in listed} == {
        ("key", "test", "testclient")
    }
    assert listed[2]["request_id"] == "mine"
    assert [each["operation"] for each in entries(client, admin, resource_id=dataset["id"])] == ["create_dataset"]


def test_denied_requests_are_counted_per_key_and_address(client: TestClient) -> None:
    admin, reader = bearer(client), bearer(client, scopes=("read",))
    other = bearer(client, add_project(client))
    for _ in range(3):
        client.get("/v1/jobs", headers={"Authorization": "Bearer bp_live_wrong"})
    client.delete("/v1/jobs/job_1", headers=reader)
    services_of(client).activity.write()
    listed = entries(client, admin, outcome="denied")
    assert [(each["operation"], each["status"], each["count"], each["actor"]["type"]) for each in listed] == [
        ("delete_job", 403, 1, "key"),
        ("list_jobs", 401, 3, "anonymous"),
    ]
    assert "bp_live_wrong" not in repr(listed)
    assert entries(client, other) == [], "other projects see their own log only"
    assert client.get("/v1/audit", headers=reader).status_code == 403
