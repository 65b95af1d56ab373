"""Rate limits: 429 with fields that say when to try again, per project and per address of invalid keys."""

import time

import pytest
from fastapi.testclient import TestClient

from api.http.rate_limits.request_limits import network_of
from api.settings import ApiSettings
from service.settings import Settings
from tests.support.access import add_project, bearer, services_of
from tests.support.api import upload
from tests.support.tables import flowers


@pytest.fixture
def api_settings() -> ApiSettings:
    """A bucket of 20 requests that hardly refills, and three bad keys."""
    return ApiSettings(project_requests_per_second=0.01, project_request_burst=20, bad_keys_per_minute=3)


def spend(client: TestClient, headers: dict[str, str], path: str = "/v1/jobs") -> int:
    """Send requests until one is refused; return how many were answered."""
    for count in range(100):
        response = client.get(path, headers=headers)
        if response.status_code == 429:
            assert response.json()["code"] == "rate_limited"
            assert 1 <= int(response.headers["Retry-After"]) <= 100
            assert response.headers["RateLimit"] == '"requests";r=0;t=2000'
            return count
        assert response.status_code == 200
        assert response.headers["RateLimit-Policy"] == '"requests";q=20;w=2000'
        assert response.headers["RateLimit"].startswith(f'"requests";r={19 - count};t=')
    raise AssertionError("no request was refused")


def test_the_keys_of_a_project_share_a_limit_that_others_do_not_feel(client: TestClient) -> None:
    first, second, other = bearer(client), bearer(client), bearer(client, add_project(client))
    assert spend(client, first) == 20
    assert client.get("/v1/jobs", headers=second).status_code == 429
    assert spend(client, other) == 20
    assert client.get("/healthz").status_code == 200


def test_polls_from_memory_count_as_well(client: TestClient) -> None:
    dataset = upload(client, flowers())
    job = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "kind"}).json()
    assert "RateLimit" not in client.get(job["links"]["self"]).headers, "without keys there is no limit"
    assert spend(client, bearer(client), job["links"]["self"]) == 20


def test_an_address_may_send_some_invalid_keys_only(client: TestClient) -> None:
    known, unknown = bearer(client), bearer(client)
    assert client.get("/v1/jobs", headers=known).status_code == 200
    wrong = [{"Authorization": f"Bearer bp_live_wrong{number}"} for number in range(5)]
    assert [client.get("/v1/jobs", headers=each).status_code for each in wrong] == [401, 401, 401, 429, 429]
    refused = client.get("/v1/jobs", headers=unknown)
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["RateLimit-Policy"] == '"bad_keys";q=3;w=60'
    services_of(client).keyring._clock = lambda: time.monotonic() + 1.0  # the key has to be looked up again
    assert client.get("/v1/jobs", headers=known).status_code == 200, "a client that is known goes on"
    assert client.get("/v1/jobs").status_code == 401, "a request without a key is no attempt to guess one"


def test_without_redis_limits_hold_in_each_process(settings: Settings, api_settings: ApiSettings) -> None:
    from api.app import create_app

    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    with TestClient(create_app(away, None, api_settings), base_url="http://localhost") as client:
        assert spend(client, bearer(client)) == 20


@pytest.mark.parametrize(
    ("address", "network"),
    [("192.0.2.7", "192.0.2.7"), ("2001:db8::1:2:3", "2001:db8::/64"), ("testclient", "testclient"), (None, "")],
)
def test_addresses_of_one_ipv6_network_count_together(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_a_rate_of_zero_limits_nothing(settings: Settings) -> None:
    from api.app import create_app

    off = ApiSettings(project_requests_per_second=0, bad_keys_per_minute=0)
    with TestClient(create_app(settings, None, off), base_url="http://localhost") as client:
        admin = bearer(client)
        answers = [client.get("/v1/projects", headers=admin) for _ in range(130)]
        assert {answer.status_code for answer in answers} == {200}
        assert "RateLimit" not in answers[0].headers
        wrong = {"Authorization": "Bearer bp_live_wrong"}
        assert {client.get("/v1/jobs", headers=wrong).status_code for _ in range(20)} == {401}
