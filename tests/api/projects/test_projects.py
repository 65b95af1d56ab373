"""/v1/projects: created, changed and deleted by operators; a project sees itself only."""

from fastapi.testclient import TestClient

from tests.support.access import bearer
from tests.support.api import upload
from tests.support.tables import flowers


def test_an_operator_creates_changes_and_deletes_projects(client: TestClient) -> None:
    operator = bearer(client)
    created = client.post("/v1/projects", json={"name": "risk"}, headers=operator)
    assert created.status_code == 201
    path, project = created.headers["Location"], created.json()
    assert client.get(path, headers=operator).json() == project
    listed = client.get("/v1/projects", headers=operator).json()["data"]
    assert {each["id"] for each in listed} == {project["id"], "prj_default"}
    changed = client.patch(path, json={"retention_days": 30}, headers={**operator, "If-Match": created.headers["ETag"]})
    assert changed.json() == {**project, "retention_days": 30}
    stale = client.patch(path, json={"name": "new"}, headers={**operator, "If-Match": created.headers["ETag"]})
    assert stale.status_code == 412
    named = client.patch(path, json={"name": "new"}, headers=operator).json()
    assert (named["name"], named["retention_days"]) == ("new", 30)
    assert client.patch(path, json={"retention_days": 0}, headers=operator).status_code == 422
    assert client.delete(path, headers=operator).status_code == 204
    assert client.get(path, headers=operator).status_code == 404


def test_projects_with_contents_and_the_default_project_stay(client: TestClient) -> None:
    operator = bearer(client)
    project = client.post("/v1/projects", json={"name": "risk"}, headers=operator).json()["id"]
    key = client.post("/v1/keys", json={"name": "app", "project_id": project}, headers=operator).json()["key"]
    client.headers["Authorization"] = f"Bearer {key}"
    upload(client, flowers())
    refused = client.delete(f"/v1/projects/{project}", headers=operator)
    assert (refused.status_code, refused.json()["code"]) == (409, "project_in_use")
    assert "data sets" in refused.json()["detail"]
    assert client.delete("/v1/projects/prj_default", headers=operator).json()["code"] == "project_in_use"


def test_an_administrator_of_a_project_sees_and_changes_that_project_only(client: TestClient) -> None:
    operator = bearer(client)
    project = client.post("/v1/projects", json={"name": "risk"}, headers=operator).json()["id"]
    body = {"name": "boss", "project_id": project, "scopes": ["admin"]}
    own = {"Authorization": f"Bearer {client.post('/v1/keys', json=body, headers=operator).json()['key']}"}
    assert [each["id"] for each in client.get("/v1/projects", headers=own).json()["data"]] == [project]
    assert client.patch(f"/v1/projects/{project}", json={"name": "new"}, headers=own).status_code == 200
    assert client.get("/v1/projects/prj_default", headers=own).status_code == 404
    assert client.patch("/v1/projects/prj_default", json={"name": "x"}, headers=own).status_code == 404
    assert client.post("/v1/projects", json={"name": "more"}, headers=own).status_code == 403
    assert client.delete(f"/v1/projects/{project}", headers=own).status_code == 403
