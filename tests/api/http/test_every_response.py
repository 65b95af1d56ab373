"""What holds for every answer: request ids, problems, keys, and that nothing of the inside shows."""

import time
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from api.__main__ import is_loopback
from engine.interchange.safetensors import dump_safetensors
from service.settings import Settings
from store.accounts import keys
from store.accounts.keys import KeyGrant
from store.db.transaction import transaction
from store.ids import ProjectId
from store.tables import ApiKey, Project
from tests.support.api import upload
from tests.support.tables import flowers


def test_every_response_has_a_request_id_or_echoes_the_clients(client: TestClient) -> None:
    assert client.get("/healthz", headers={"X-Request-Id": "mine-1"}).headers["X-Request-Id"] == "mine-1"
    refused = client.get("/v1/jobs/job_1")
    assert refused.json()["request_id"] == refused.headers["X-Request-Id"]
    assert client.get("/healthz", headers={"X-Request-Id": "a b"}).headers["X-Request-Id"].startswith("req_")


def test_a_wrong_method_gets_a_problem_document(client: TestClient) -> None:
    answer = client.put("/v1/jobs")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "Allow" in answer.headers


def test_without_a_worker_the_service_is_healthy_but_not_ready(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "broker": "ok", "workers": "no worker is alive"}


def test_an_unreachable_database_is_a_503_without_internal_details(settings: Settings) -> None:
    from api.app import create_app

    away = Settings(data=settings.data, database_url="postgresql://nobody@127.0.0.1:1/x", redis_url=settings.redis_url)
    with TestClient(create_app(away), raise_server_exceptions=False) as client:
        answer = client.get("/v1/jobs")
        assert (answer.status_code, answer.json()["code"], "Retry-After" in answer.headers) == (
            503,
            "unavailable",
            True,
        )
        assert "127.0.0.1" not in answer.text


def test_jobs_are_accepted_while_the_broker_is_down(settings: Settings) -> None:
    from api.app import create_app

    away = Settings(data=settings.data, database_url=settings.database_url, redis_url="redis://127.0.0.1:1/0")
    with TestClient(create_app(away)) as client:
        body = {"dataset_id": upload(client, flowers())["id"], "target": "kind"}
        answer = client.post("/v1/jobs", json=body)
        assert (answer.status_code, answer.json()["state"]) == (201, "queued")
        assert answer.elapsed.total_seconds() < 1
        assert client.get("/readyz").json()["checks"]["broker"] == "the broker cannot be reached"


@pytest.fixture
def key(client: TestClient) -> str:
    """A key, with which the service is no longer open."""
    service: Any = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    key = keys.new_key()
    with transaction(service.sessions) as tx:
        keys.add(tx, key, service.settings.secret(), KeyGrant(name="test"))
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
    service: Any = client.app.state.service  # type: ignore[attr-defined]  # the same
    headers = {"Authorization": f"Bearer {key}"}
    assert client.get("/v1/jobs", headers=headers).status_code == 200
    with transaction(service.sessions) as tx:
        keys.revoke(tx, keys.every(tx)[0].id)
    end = time.monotonic() + 1.0
    while client.get("/v1/jobs", headers=headers).status_code == 200:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert client.get("/v1/jobs", headers=headers).status_code == 401
    assert client.get("/v1/jobs").status_code == 401, "the service does not open again"


def test_resources_of_other_projects_are_not_found(client: TestClient, key: str) -> None:
    mine = {"Authorization": f"Bearer {key}"}
    service: Any = client.app.state.services  # type: ignore[attr-defined]  # the same
    other_key = keys.new_key()
    with transaction(service.sessions) as tx:
        tx.add(Project(id="prj_other", name="other"))
        tx.flush()
        keys.add(tx, other_key, service.settings.secret(), KeyGrant(name="other", project=ProjectId("prj_other")))
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


def test_only_loopback_addresses_are_local() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "localhost", "::1")] == [True] * 3
    assert [is_loopback(host) for host in ("0.0.0.0", "::", "10.0.0.1", "example.org")] == [False] * 4


def test_the_openapi_document_is_complete(client: TestClient) -> None:
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/v1/datasets", "/v1/jobs", "/v1/jobs/{job_id}", "/v1/models/{model_id}/weights"} <= document[
        "paths"
    ].keys()
    schemas = document["components"]["schemas"]
    assert schemas["DenseSpec"]["properties"]["units"]["maximum"] > 0
    assert client.get("/docs").status_code == 200
