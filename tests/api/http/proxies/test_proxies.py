"""Behind a proxy: the path under which it serves, the client's address, and whom the service believes."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import ValidationError
from starlette.datastructures import Headers

from api.http.proxies.links import with_prefix
from api.http.proxies.middleware import ProxyMiddleware
from api.http.proxies.trusted_proxies import TrustedProxies, networks, prefix_of
from api.settings import ApiSettings

PROXIES = TrustedProxies(networks("10.0.0.0/8, 192.0.2.7, 2001:db8::/32"))


class TestBelowAPrefix:
    """The service is served under /ml."""

    @pytest.fixture
    def api_settings(self) -> ApiSettings:
        """A service that is served under /ml."""
        return ApiSettings(root_path="/ml")

    def test_locations_and_links_begin_with_it(
        self, client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
    ) -> None:
        body = {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 1}, "metadata": {"url": "/v1/x"}}
        for path in ("/v1/jobs", "/ml/v1/jobs"):  # with and without a proxy that removes the prefix
            created = client.post(path, json=body, headers={"Idempotency-Key": "1", "Host": "127.0.0.1"})
            job = created.json()
            assert created.headers["Location"] == job["links"]["self"] == f"/ml/v1/jobs/{job['id']}"
            assert job["metadata"] == {"url": "/v1/x"}
        work()
        model = client.get(client.get(job["links"]["self"]).json()["links"]["model"])
        assert client.get(model.json()["weights"]["url"]).headers["Content-Disposition"]
        listed = client.get("/ml/v1/jobs")
        assert listed.json()["data"][0]["links"]["self"] == job["links"]["self"]
        assert int(listed.headers["Content-Length"]) == len(listed.content)

    def test_the_pages_of_the_service_use_it(self, client: TestClient) -> None:
        assert client.get("/openapi.json").json()["servers"][0]["url"] == "/ml"
        assert 'data-document="/ml/openapi.json"' in client.get("/ml/docs").text
        assert client.get("/ml").json()["links"]["jobs"] == "/ml/v1/jobs"
        assert 'src="/ml/assets/' in client.get("/ml/", headers={"Accept": "text/html"}).text


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X-Forwarded-For": "198.51.100.9"}, "198.51.100.9"),
        ({"X-Forwarded-For": "203.0.113.1, 198.51.100.9, 10.1.2.3"}, "198.51.100.9"),
        ({"X-Forwarded-For": "198.51.100.9:4711"}, "198.51.100.9"),
        ({"Forwarded": 'for=203.0.113.1, for="[2001:db9::1]:80";proto=https, for=192.0.2.7'}, "2001:db9::1"),
        ({"Forwarded": "for=198.51.100.9", "X-Forwarded-For": "203.0.113.1"}, "198.51.100.9"),
        ({"X-Forwarded-For": "203.0.113.1, unknown"}, None),
        ({"X-Forwarded-For": "10.0.0.1"}, None),
        ({}, None),
    ],
)
def test_the_client_is_the_last_address_that_is_no_trusted_proxy(headers: dict[str, str], address: str | None) -> None:
    assert PROXIES.client_of(Headers(headers)) == address


@pytest.mark.parametrize(
    ("sent", "prefix"),
    [("/ml", "/ml"), ("/a/b/", "/a/b"), ("//evil.example", None), ("/a/../b", None), ("/a b", None), ("/", None)],
)
def test_a_prefix_must_be_a_plain_path(sent: str, prefix: str | None) -> None:
    assert prefix_of(Headers({"X-Forwarded-Prefix": sent})) == prefix


@pytest.mark.parametrize(("trusted", "seen"), [("10.1.0.0/16", ["198.51.100.9", "/ml"]), ("", ["10.1.2.3", None])])
def test_only_trusted_proxies_are_believed(trusted: str, seen: list[str | None]) -> None:
    app = FastAPI()
    app.add_middleware(ProxyMiddleware, settings=ApiSettings(trusted_proxies=trusted))

    @app.get("/")
    def index(request: Request) -> list[str | None]:
        assert request.client
        return [request.client.host, getattr(request.state, "prefix", None)]

    client = TestClient(app, client=("10.1.2.3", 5000))
    headers = {"X-Forwarded-For": "198.51.100.9", "X-Forwarded-Prefix": "/ml", "X-Forwarded-Host": "evil.example"}
    assert client.get("/", headers=headers).json() == seen


def test_only_links_get_the_prefix() -> None:
    body = b'{"links":{"self":"/v1/a","model":null},"spec":{"links":{"x":"/v1/b"}},"data":[1,{"links":{"s":"/v1/c"}}]}'
    assert with_prefix(body, "/ml") == body.replace(b"/v1/a", b"/ml/v1/a").replace(b"/v1/c", b"/ml/v1/c")
    assert with_prefix(b"[1]", "/ml") == b"[1]"


def test_wrong_settings_are_rejected() -> None:
    for wrong in ({"trusted_proxies": "proxy.example"}, {"root_path": "ml"}, {"root_path": "/ml/"}):
        with pytest.raises(ValidationError):
            ApiSettings(**wrong)  # type: ignore[arg-type]  # all fields are strings here
