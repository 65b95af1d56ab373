"""Query parameters: filters of lists, and errors for unknown names."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.http.requests.query_parameters import KnownParametersRoute
from service.limits import ServiceLimits
from service.settings import Settings
from tests.support.api import pointers


def list_ids(client: TestClient, **query: Any) -> list[str]:
    """Return the ids on all pages of two items each."""
    ids, cursor = list[str](), None
    while True:
        response = client.get("/v1/jobs", params={**query, "limit": 2, **({"cursor": cursor} if cursor else {})})
        assert response.status_code == 200, response.text
        ids += [job["id"] for job in response.json()["data"]]
        cursor = response.json()["next_cursor"]
        if cursor is None:
            return ids


def test_a_list_of_jobs_can_be_filtered(client: TestClient, dataset: dict[str, Any]) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind"}
    made = [client.post("/v1/jobs", json={**body, "metadata": {"team": team}}).json() for team in ["risk", "b"] * 3]
    risk = [job["id"] for job in made if job["metadata"]["team"] == "risk"][::-1]
    assert list_ids(client, **{"metadata.team": "risk"}) == risk
    assert list_ids(client, **{"metadata.team": "risk", "state": "queued"}) == risk
    assert list_ids(client, **{"metadata.team": "risk", "metadata.place": "here"}) == []
    assert list_ids(client, created_after="2026-01-01T00:00:00.000Z", **{"metadata.team": "risk"}) == risk
    assert list_ids(client, created_after=made[-1]["created_at"]) == []
    assert list_ids(client, created_after="9999-12-31T23:59:59+00:00") == []
    assert len(list_ids(client, created_after="0001-01-01T00:00:00-00:00")) == 6


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("stat=queued", "Unknown query parameter; did you mean state?"),
        ("color=red", "Unknown query parameter; use one of cursor, limit, state, created_after, metadata.*."),
        ("metadata=risk", "Unknown query parameter; did you mean metadata.*?"),
        ("metadata.=risk", "Name a metadata key"),
        ("metadata.a%00=risk", "NUL characters are not allowed"),
        ("created_after=5", "Write the time as"),
        ("created_after=2026-01-01", "Write the time as"),
        ("created_after=2026-13-01T00:00:00Z", "Input should be a valid datetime"),
        ("state=waiting", "Input should be 'queued'"),
    ],
)
def test_invalid_filters_are_rejected(client: TestClient, query: str, detail: str) -> None:
    response = client.get(f"/v1/jobs?{query}")
    assert response.status_code == 422, response.text
    assert detail in response.json()["errors"][0]["detail"]


def test_unknown_parameters_are_reported_with_all_other_errors(client: TestClient, dataset: dict[str, Any]) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind", "priority": 11}
    response = client.post("/v1/jobs?validateonly=true&x=1", json=body)
    assert pointers(response.json()) == ["/priority", "query validateonly", "query x"]
    assert "did you mean validate_only?" in response.json()["errors"][1]["detail"]
    right = client.post("/v1/jobs?validateonly=true", json={**body, "priority": 5})
    assert (right.status_code, pointers(right.json())) == (422, ["query validateonly"])
    assert client.get("/v1/jobs").json()["data"] == []


@pytest.mark.parametrize("path", ["/v1/jobs/job_1", "/v1/models", "/v1/datasets", "/v1/weights"])
def test_unknown_parameters_are_rejected_everywhere(client: TestClient, path: str) -> None:
    response = client.get(f"{path}?nonsense=1")
    assert (response.status_code, pointers(response.json())) == (422, ["query nonsense"])


def test_every_documented_route_checks_its_parameters(settings: Settings, limits: ServiceLimits) -> None:
    app = create_app(settings, limits)
    routes = [
        route for router in app.routes for route in getattr(getattr(router, "original_router", router), "routes", [])
    ]
    assert len(routes) >= sum(len(methods) for methods in app.openapi()["paths"].values())
    assert all(isinstance(route, KnownParametersRoute) for route in routes if route.path.startswith("/v1/"))


def test_health_checks_accept_any_parameter(client: TestClient) -> None:
    assert client.get("/healthz?at=1").status_code == 200
