"""/v1/keys: created, shown once, listed, revoked."""

import time
from datetime import UTC, datetime, timedelta

from fastapi.testclient import TestClient
from sqlalchemy import text, update

from store.clock import now
from store.db.transaction import snapshot, transaction
from store.tables import ApiKey
from tests.support.access import add_project, bearer, services_of

EFFECTIVE_SECONDS = 10  # on a busy machine; otherwise 1 s


def database_text(client: TestClient) -> str:
    """Return everything in the tables of keys, answers and the audit log."""
    with snapshot(services_of(client).sessions) as tx:
        tables = ("api_keys", "idempotency_keys", "audit_entries")
        return "".join(repr(tx.execute(text(f"SELECT * FROM {table}")).all()) for table in tables)


def test_a_key_is_shown_once_and_works_until_it_is_revoked(client: TestClient) -> None:
    admin = bearer(client)
    body = {"name": "billing", "scopes": ["read"]}
    created = client.post("/v1/keys", json=body, headers={**admin, "Idempotency-Key": "1"})
    assert created.status_code == 201
    key = created.json()
    assert (key["name"], key["scopes"], key["revoked_at"]) == ("billing", ["read"], None)
    repeated = client.post("/v1/keys", json=body, headers={**admin, "Idempotency-Key": "1"})
    assert repeated.json() == {**key, "key": None}
    assert key["key"] not in database_text(client)
    found = client.get(created.headers["Location"], headers=admin)
    assert "key" not in found.json()
    assert client.get("/v1/keys", headers=admin).json()["data"][0] == found.json()
    own = {"Authorization": f"Bearer {key['key']}"}
    assert client.get("/v1/jobs", headers=own).status_code == 200
    assert client.get("/v1/keys", headers=own).status_code == 403
    revoked = client.post(f"{created.headers['Location']}/revoke", headers=admin)
    assert revoked.json()["revoked_at"] is not None
    end = time.monotonic() + EFFECTIVE_SECONDS
    while client.get("/v1/jobs", headers=own).status_code == 200:
        assert time.monotonic() < end
        time.sleep(0.05)
    stale = client.delete(created.headers["Location"], headers={**admin, "If-Match": created.headers["ETag"]})
    assert stale.status_code == 412
    assert client.delete(created.headers["Location"], headers=admin).status_code == 204
    assert client.get(created.headers["Location"], headers=admin).json() == revoked.json()


def test_a_key_expires(client: TestClient) -> None:
    admin = bearer(client)
    late = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    key = client.post("/v1/keys", json={"name": "short", "expires_at": late}, headers=admin).json()
    assert key["scopes"] == ["read", "write"]
    own = {"Authorization": f"Bearer {key['key']}"}
    assert client.get("/v1/jobs", headers=own).status_code == 200
    with transaction(services_of(client).sessions) as tx:
        tx.execute(update(ApiKey).where(ApiKey.id == key["id"]).values(expires_at=now() - 1))
    end = time.monotonic() + EFFECTIVE_SECONDS
    while client.get("/v1/jobs", headers=own).status_code == 200:
        assert time.monotonic() < end
        time.sleep(0.05)
    past = client.post("/v1/keys", json={"name": "past", "expires_at": "2020-01-01T00:00:00Z"}, headers=admin)
    assert past.json()["errors"][0]["pointer"] == "/expires_at"


def test_administrators_of_a_project_see_and_create_its_keys_only(client: TestClient) -> None:
    operator = bearer(client)
    other = bearer(client, add_project(client))
    (foreign,) = [key["id"] for key in client.get("/v1/keys", headers=operator).json()["data"][1:]]
    (own,) = client.get("/v1/keys", headers=other).json()["data"]
    assert own["project_id"] == "prj_other"
    for method, path in [
        ("GET", f"/v1/keys/{foreign}"),
        ("POST", f"/v1/keys/{foreign}/revoke"),
        ("DELETE", f"/v1/keys/{foreign}"),
    ]:
        assert client.request(method, path, headers=other).status_code == 404
    elsewhere = {"name": "more", "project_id": "prj_default"}
    assert client.post("/v1/keys", json=elsewhere, headers=other).status_code == 404
    assert client.post("/v1/keys", json={"name": "more"}, headers=other).json()["project_id"] == "prj_other"
    theirs = {"name": "more", "project_id": "prj_other"}
    assert client.post("/v1/keys", json=theirs, headers=operator).status_code == 201
