"""Polls answered in front of the framework have the answers of the endpoint."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.http.polling.fast_polls import FastPolls
from service.bootstrap import Services
from store.accounts import keys
from store.accounts.keys import KeyGrant
from store.db.transaction import transaction

ETAG = "the current ETag"
REQUESTS: list[dict[str, str]] = [
    {},
    {"If-None-Match": ETAG},
    {"If-None-Match": f'"other", W/{ETAG}'},
    {"If-None-Match": "*"},
    {"If-None-Match": '"other"'},
    {"X-Request-Id": "mine"},
    {"X-Request-Id": "not valid"},
    {"Prefer": "wait=0"},
    {"Accept": "text/html"},
    {"Origin": "http://localhost"},
    {"Origin": "http://elsewhere"},
    {"Host": "elsewhere"},
    {"Authorization": "Bearer bp_live_wrong"},
    {"Authorization": "Basic x"},
]


@pytest.fixture
def url(client: TestClient, dataset: dict[str, Any]) -> str:
    """The path of a paused job."""
    url: str = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()["links"]["self"]
    client.post(f"{url}/pause")
    return url


@pytest.fixture
def fast(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Notes for each request whether it was answered in front of the framework."""
    answered: list[bool] = []
    snapshot = FastPolls._snapshot

    def note(self: FastPolls, scope: Any, headers: Any) -> Any:
        found = snapshot(self, scope, headers)
        answered.append(found is not None)
        return found

    monkeypatch.setattr(FastPolls, "_snapshot", note)
    return answered


def answer(client: TestClient, path: str, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Return a whole answer, without its generated id and the requests that are left."""
    response = client.get(path, headers=headers)
    varying = {"x-request-id", "ratelimit"}
    fixed = sorted((name, value) for name, value in response.headers.multi_items() if name not in varying)
    return response.status_code, fixed, response.content.replace(response.headers["X-Request-Id"].encode(), b"ID")


@pytest.mark.parametrize("with_key", [False, True])
def test_answers_equal_those_of_the_endpoint(client: TestClient, url: str, fast: list[bool], *, with_key: bool) -> None:
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # FastAPI's
    own = {}
    if with_key:
        key = keys.new_key()
        with transaction(services.sessions) as tx:
            keys.add(tx, key, services.settings.secret(), KeyGrant(name="test"))
        own = {"Authorization": f"Bearer {key}"}
    etag = client.get(url, headers=own).headers["ETag"]
    for request in REQUESTS:
        headers = {**own, **{name: value.replace(ETAG, etag) for name, value in request.items()}}
        slow = answer(client, f"{url}/", headers)  # with a slash at the end, only the endpoint answers
        should_be_fast = slow[0] in {200, 304} and not {"Prefer", "Origin"} & set(request)
        for _ in range(50):  # what is in memory expires while a busy machine does other things
            fast.clear()
            quick = answer(client, url, headers)
            assert quick[0] == slow[0], request
            assert quick[1:] == slow[1:] or b"/v1/jobs/" in slow[2], request
            if any(fast) == should_be_fast:
                break
        assert any(fast) == should_be_fast, request


def test_query_parameters_are_checked_by_the_endpoint(client: TestClient, url: str, fast: list[bool]) -> None:
    client.get(url)
    assert client.get(f"{url}?unknown=1").status_code == 422
    assert fast[-1] is False
