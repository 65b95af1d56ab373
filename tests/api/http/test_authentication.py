"""API keys: who may call, and what they can see."""

import time

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from engine.interchange.safetensors import dump_safetensors
from service.bootstrap import Services
from store.accounts import keys
from store.accounts.keys import KeyGrant
from store.db.transaction import transaction
from store.ids import ProjectId
from store.tables import ApiKey, Project
from tests.support.tables import flowers


def services_of(client: TestClient) -> Services:
    """Return the collaborators of the application under test."""
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    return services


@pytest.fixture
def key(client: TestClient) -> str:
    """An API key; from now on every request needs one."""
    services = services_of(client)
    key = keys.new_key()
    with transaction(services.sessions) as tx:
        keys.add(tx, key, services.settings.secret(), KeyGrant(name="test"))
        assert key not in repr(tx.execute(select(ApiKey.hash, ApiKey.name)).all())
    return key


def test_once_a_key_exists_every_request_needs_one(client: TestClient, key: str) -> None:
    anonymous = client.get("/v1/jobs")
    assert (anonymous.status_code, anonymous.json()["code"]) == (401, "unauthenticated")
    assert anonymous.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/v1/jobs", headers={"Authorization": "Bearer bp_live_wrong"}).status_code == 401
    assert client.get("/v1/jobs", headers={"Authorization": "Basic x"}).status_code == 401
    assert client.get("/v1/jobs", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert client.get("/healthz").status_code == 200


def test_a_revoked_key_is_rejected_within_one_second(client: TestClient, key: str) -> None:
    services = services_of(client)
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/jobs", headers=headers).status_code == 200
    with transaction(services.sessions) as tx:
        keys.revoke(tx, keys.every(tx)[0].id)
    end = time.monotonic() + 1.0
    while client.get("/v1/jobs", headers=headers).status_code == 200:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert client.get("/v1/jobs", headers=headers).status_code == 401
    assert client.get("/v1/jobs").status_code == 401, "the service does not open again"


def test_resources_of_other_projects_are_not_found(client: TestClient, key: str) -> None:
    mine = {"Authorization": f"Bearer {key}"}
    services = services_of(client)
    other_key = keys.new_key()
    with transaction(services.sessions) as tx:
        tx.add(Project(id="prj_other", name="other"))
        tx.flush()
        keys.add(tx, other_key, services.settings.secret(), KeyGrant(name="other", project=ProjectId("prj_other")))
    other = {"Authorization": f"Bearer {other_key}"}
    csv, octets = {"Content-Type": "text/csv"}, {"Content-Type": "application/octet-stream"}
    file = dump_safetensors({"0.weight": np.zeros((3, 2), np.float32)}, {})
    weights = client.post("/v1/weights", content=file, headers={**mine, **octets}).json()
    dataset = client.post("/v1/datasets", content=flowers(), headers={**mine, **csv}).json()
    body = {"dataset_id": dataset["id"], "target": "kind"}
    job = client.post("/v1/jobs", json=body, headers=mine).json()
    for method, path in [
        ("GET", f"/v1/datasets/{dataset['id']}"),
        ("DELETE", f"/v1/datasets/{dataset['id']}"),
        ("GET", f"/v1/jobs/{job['id']}"),
        ("GET", f"/v1/jobs/{job['id']}/metrics"),
        ("POST", f"/v1/jobs/{job['id']}/cancel"),
        ("GET", f"/v1/weights/{weights['id']}"),
        ("DELETE", f"/v1/weights/{weights['id']}"),
    ]:
        foreign = client.request(method, path, headers=other)
        assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found"), path
    assert client.post("/v1/jobs", json=body, headers=other).status_code == 404
    own = client.post("/v1/datasets", content=flowers(), headers={**other, **csv}).json()
    theirs = {**body, "dataset_id": own["id"], "init_from": {"weights_id": weights["id"]}}
    foreign = client.post("/v1/jobs", json=theirs, headers=other)
    assert (foreign.status_code, foreign.json()["code"]) == (404, "not_found")
    for path in ("/v1/jobs", "/v1/weights"):
        assert client.get(path, headers=other).json()["data"] == []
