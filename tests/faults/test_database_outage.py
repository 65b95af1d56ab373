"""The API while PostgreSQL is away: what it still answers, and how it recovers."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from launcher.keys import create_key
from service.settings import Settings
from store.accounts.keys import KeyGrant
from tests.support.api import LOOPBACK, upload
from tests.support.servers import PostgresServer
from tests.support.tables import flowers

RECOVERY_SECONDS = 20.0  # of a busy machine


@pytest.fixture
def client(postgres_url: str, valkey_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """The API on PostgreSQL, called with a key."""
    settings = Settings(data=tmp_path, database_url=postgres_url, redis_url=valkey_url)
    key = create_key(settings, KeyGrant(name="test"))
    headers = {"Authorization": f"Bearer {key}"}
    with TestClient(create_app(settings), base_url=LOOPBACK, headers=headers, raise_server_exceptions=False) as client:
        yield client


def test_known_jobs_are_answered_as_stale_until_the_database_is_back(
    client: TestClient, postgres_server: PostgresServer
) -> None:
    body = {"dataset_id": upload(client, flowers())["id"], "target": "kind"}
    url = client.post("/v1/jobs", json=body).json()["links"]["self"]
    known = client.post(f"{url}/pause").json()
    known_answer = client.get(url)
    postgres_server.stop(signal.SIGINT)
    try:
        stale = until(lambda: client.get(url), lambda answer: "Age" in answer.headers)
        assert (stale.status_code, stale.json()) == (200, known)
        assert stale.headers["Warning"] == '110 - "Response is Stale"'
        same = client.get(url, headers={"If-None-Match": known_answer.headers["ETag"]})
        assert (same.status_code, "Age" in same.headers) == (304, True)
        assert client.get(url, headers={"Host": "elsewhere"}).status_code == 200
        for refused in (client.post("/v1/jobs", json=body), client.get("/v1/jobs"), client.get(f"{url[:-3]}000")):
            assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
            assert int(refused.headers["Retry-After"]) > 0
        not_ready = client.get("/readyz")
        assert not_ready.status_code == 503
        assert "the database cannot be reached" in not_ready.json()["reasons"][0]
        assert client.get("/healthz").status_code == 200
    finally:
        postgres_server.start()
    fresh = until(lambda: client.get(url), lambda answer: "Age" not in answer.headers)
    assert (fresh.status_code, fresh.json()) == (200, known)
    created = until(lambda: client.post("/v1/jobs", json=body), lambda answer: answer.status_code != 503)
    assert created.status_code == 201


def until(request: Any, is_done: Any) -> Any:
    """Repeat a request until its answer is as expected."""
    end = time.monotonic() + RECOVERY_SECONDS
    while not is_done(answer := request()):
        assert time.monotonic() < end, answer.text
        time.sleep(0.1)  # a key may send 20 requests per second
    return answer
