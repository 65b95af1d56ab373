"""Every operation needs a key with its scope, before anything else of the request counts."""

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.http.routes import all_routes
from api.settings import ApiSettings
from store.accounts.keys import SCOPES
from tests.support.access import bearer

ADMIN = ("/v1/projects", "/v1/keys", "/v1/audit", "/v1/workers")
READ_BY_POST = {"predict", "predict_by_alias", "compare_models"}
WRITE_BY_GET = {"get_upload"}  # for whoever sends the next part
OPEN = {
    "healthz",
    "readyz",
    "root",
    "asset",
    "openapi",
    "docs",
    "docs_asset",
    "llms_txt",
}  # for probes, readers of the documentation, and the dashboard's own files
FOR_MONITORING = {"get_service_metrics"}  # has a rule of its own, see tests/api/metrics


@pytest.fixture
def api_settings() -> ApiSettings:
    """No rate limit."""
    return ApiSettings(project_requests_per_second=0)


def operations(client: TestClient) -> list[tuple[str, str, str]]:
    """Return method, path and name of each operation."""
    app = client.app
    assert isinstance(app, FastAPI)
    routes = [route for route in all_routes(app.routes) if isinstance(route, APIRoute)]
    return [(method, route.path, route.name) for route in routes for method in sorted(route.methods - {"HEAD"})]


def needed_scope(method: str, path: str, name: str) -> str:
    """Return the scope that the operation must need, by rules that name no single resource."""
    if path.startswith(ADMIN):
        return "admin"
    reads = (method == "GET" and name not in WRITE_BY_GET) or name in READ_BY_POST
    return "read" if reads else "write"


def test_every_operation_needs_its_scope(client: TestClient) -> None:
    with_scope = {scope: bearer(client, scopes=(scope,)) for scope in SCOPES}
    without = {scope: bearer(client, scopes=tuple(s for s in SCOPES if s != scope)) for scope in SCOPES}
    seen = set[str]()
    for method, template, name in operations(client):
        if not template.startswith("/v1") or method == "OPTIONS":  # which needs no key
            continue
        path, scope = template.replace("{", "").replace("}", ""), needed_scope(method, template, name)
        answers = [client.request(method, path, headers=headers) for headers in ({}, without[scope], with_scope[scope])]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:2] == [401, 403], (method, template, statuses)
        assert statuses[2] not in {401, 403, 500}, (method, template, statuses)
        seen.add(scope)
    assert seen == set(SCOPES)


def test_operations_outside_v1_read_nothing_of_a_project(client: TestClient) -> None:
    names = {name for _, path, name in operations(client) if not path.startswith("/v1")}
    assert names == OPEN | FOR_MONITORING
