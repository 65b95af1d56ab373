"""Proof 23: neither the database nor a log line contains a key, valid or not."""

import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.support.access import bearer, services_of


def test_the_database_and_the_logs_contain_no_key(
    client: TestClient, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin, wrong = bearer(client), {"Authorization": "Bearer bp_live_wrong-but-secret"}
    asked = {**admin, "Idempotency-Key": "1"}
    created = client.post("/v1/keys", json={"name": "billing"}, headers=asked).json()
    own = {"Authorization": f"Bearer {created['key']}"}
    for headers in (own, wrong, {"Authorization": f"Basic {created['key']}"}):
        client.get("/v1/jobs", headers=headers)
        client.get("/v1/keys", headers=headers)
        client.post("/v1/jobs", json={"metadata": {}}, headers=headers)
    client.delete(f"/v1/keys/{created['id']}", headers=admin)
    services_of(client).activity.write()
    services_of(client).engine.dispose()
    stored = b"".join(path.read_bytes() for path in _files(database_url))
    written = stored.decode("latin-1") + caplog.text
    secrets = [headers["Authorization"].removeprefix("Bearer ") for headers in (admin, own, wrong)]
    assert created["id"] in written
    assert [secret for secret in secrets if secret.removeprefix("bp_live_") in written] == []


def _files(url: str) -> list[Path]:
    """Return the files of an SQLite database, its write-ahead log included."""
    path = Path(url.removeprefix("sqlite:///"))
    return sorted(path.parent.glob(f"{path.name}*"))
