"""/v1/usage: jobs, CPU time, rows and bytes by day, month or in total."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.access import add_project, bearer, services_of
from tests.support.tables import flowers


def test_a_project_sees_what_it_used(client: TestClient, model: dict[str, Any]) -> None:
    rows = [{"length": 1.0, "width": 2.0, "color": "red"}] * 3
    assert client.post(f"/v1/models/{model['id']}/predictions", json={"rows": rows}).status_code == 200
    services_of(client).activity.write()
    client.delete(f"/v1/jobs/{model['job_id']}")
    today = datetime.now(UTC).date().isoformat()
    (used,) = client.get("/v1/usage", params={"from": today}).json()["data"]
    assert (used["start"], used["end"]) == (today, today)
    assert used["jobs"] == {"created": 1, "succeeded": 1, "failed": 0, "canceled": 0}
    assert used["cpu_seconds"] > 0
    assert used["prediction_rows"] == 3
    assert used["uploaded_bytes"] == len(flowers())
    (total,) = client.get("/v1/usage", params={"group": "total"}).json()["data"]
    assert total["jobs"] == used["jobs"]


def test_only_operators_see_other_projects(client: TestClient, model: dict[str, Any]) -> None:
    operator, other = bearer(client), bearer(client, add_project(client))
    assert client.get("/v1/usage", headers=other).json() == {"data": []}
    assert client.get("/v1/usage?project_id=prj_default", headers=other).status_code == 404
    assert client.get("/v1/usage?project_id=all", headers=other).status_code == 404
    assert client.get("/v1/usage?project_id=prj_other", headers=operator).json() == {"data": []}
    assert len(client.get("/v1/usage?project_id=all", headers=operator).json()["data"]) == 1
    assert model


@pytest.mark.parametrize(
    "query",
    ["from=2026-02-01&to=2026-01-01", "from=2020-01-01&to=2026-01-01", "to=0001-01-01", "from=5x", "group=year"],
)
def test_invalid_periods_are_rejected(client: TestClient, query: str) -> None:
    response = client.get(f"/v1/usage?{query}")
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"][0]["pointer"].startswith("query ")
