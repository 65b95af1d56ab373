"""Without keys, only this machine may call; with keys, the key decides."""

import pytest
from fastapi.testclient import TestClient

from api.http.hosts import is_loopback_address
from store.accounts import keys
from store.accounts.keys import KeyGrant
from store.db.transaction import transaction

FOREIGN = ["evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example", "192.168.0.4", ""]
LOCAL = ["localhost", "localhost:8000", "LOCALHOST", "127.0.0.1", "127.8.8.8:80", "[::1]", "[::1]:8000", "x.localhost"]


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_host_is_misdirected(client: TestClient, host: str) -> None:
    response = client.get("/v1/jobs", headers={"Host": host})
    assert (response.status_code, response.json()["code"]) == (421, "misdirected_request")
    assert response.headers["X-Request-Id"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost.evil.example"])
def test_a_foreign_origin_is_forbidden(client: TestClient, origin: str) -> None:
    response = client.post("/v1/jobs/job_1/cancel", headers={"Origin": origin})
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize("host", LOCAL)
def test_every_name_of_this_machine_may_call(client: TestClient, host: str) -> None:
    assert client.get("/v1/jobs", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


@pytest.mark.parametrize("address", ["user@localhost", "localhost/x", "localhost:x", "evil.example?localhost", "[::1"])
def test_addresses_that_hide_another_host_are_foreign(address: str) -> None:
    assert not is_loopback_address(address)


def test_with_keys_any_host_may_call(client: TestClient) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    key = keys.new_key()
    with transaction(services.sessions) as tx:
        keys.add(tx, key, services.settings.secret(), KeyGrant(name="test"))
    services.keyring._cached.clear()
    headers = {"Host": "api.example", "Origin": "https://app.example", "Authorization": f"Bearer {key}"}
    assert client.get("/v1/jobs", headers=headers).status_code == 200
