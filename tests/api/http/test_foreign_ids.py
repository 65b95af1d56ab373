"""Every operation answers the id of another project's resource like an id that does not exist."""

import json
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from api.openapi.examples import examples
from tests.support.api import upload
from tests.support.tables import flowers

UNKNOWN = "0198f3c2a4b07d3e8f1c2b3a4d5e6f71"


@pytest.mark.proof(17, "every operation with the id of another project", "404, the same body as for an unknown id")
def test_a_foreign_id_is_answered_like_an_unknown_one(
    client: TestClient, model: dict[str, Any], record_property: Any
) -> None:
    foreign = resources(client, model)
    other = other_project(client)
    foreign["key_id"] = client.get("/v1/keys").json()["data"][-1]["id"]  # the oldest
    tried = 0
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        for method, operation in methods.items():
            for name in re.findall(r"{(\w+)}", path):
                unknown = {**foreign, name: f"{foreign[name].partition('_')[0]}_{UNKNOWN}"}
                answers = [send(client, other, method, path, ids, operation) for ids in (foreign, unknown)]
                assert [answer.status_code for answer in answers] == [404, 404], (method, path, answers[0].text)
                assert comparable(answers[0], foreign) == comparable(answers[1], unknown)
                tried += 1
    record_property("figure", f"{tried} ids")
    assert tried > 30


def resources(client: TestClient, model: dict[str, Any]) -> dict[str, str]:
    """Return the id of one resource of each kind."""
    octets = {"Content-Type": "application/octet-stream"}
    data = client.get(model["weights"]["url"]).content
    hook = {"url": "https://hooks.example.com/", "events": ["job.succeeded"]}
    webhook = client.post("/v1/webhooks", json=hook).json()["id"]
    delivery = client.post(f"/v1/webhooks/{webhook}/test").json()["id"]
    parts = {"Content-Type": "text/csv", "Upload-Complete": "?0"}
    resumable = client.post("/v1/datasets", content="a,b\n", headers=parts)
    deletion = client.post("/v1/jobs/delete", json={"state": "failed"}).json()
    return {
        "dataset_id": model["dataset_id"],
        "job_id": model["job_id"],
        "model_id": model["id"],
        "batch_id": client.post(f"/v1/models/{model['id']}/batches", json={"dataset_id": model["dataset_id"]}).json()[
            "id"
        ],
        "weights_id": client.post("/v1/weights", content=data, headers=octets).json()["id"],
        "webhook_id": webhook,
        "delivery_id": delivery,
        "upload_id": resumable.headers["Location"].rpartition("/")[2],
        "deletion_id": deletion["id"],
        "project_id": "prj_default",
        "name": alias(client, model["id"]),
    }


def alias(client: TestClient, model_id: str) -> str:
    """Return the name of a new alias of the model."""
    name: str = client.put("/v1/aliases/flowers_production", json={"model_id": model_id}).json()["name"]
    return name


def other_project(client: TestClient) -> dict[str, str]:
    """Return the header with a key of another project."""
    scopes = ["read", "write", "admin"]
    admin = client.post("/v1/keys", json={"name": "admin", "scopes": scopes}).json()
    client.headers["Authorization"] = f"Bearer {admin['key']}"
    project = client.post("/v1/projects", json={"name": "other"}).json()["id"]
    key = client.post("/v1/keys", json={"name": "other", "scopes": scopes, "project_id": project}).json()["key"]
    return {"Authorization": f"Bearer {key}"}


def send(  # noqa: PLR0913, PLR0917 - a request
    client: TestClient, headers: dict[str, str], method: str, path: str, ids: dict[str, str], operation: dict[str, Any]
) -> Response:
    """Send a request whose body is valid."""
    body = examples().get(operation["operationId"], {}).get("request", {}).get("body")
    content = None if body is None else json.dumps(body).encode()
    kind = next(iter(operation.get("requestBody", {}).get("content", {})), "application/json")
    sent = {**headers, "Content-Type": kind, "Upload-Offset": "0", "Upload-Complete": "?1"}
    return client.request(method, path.format_map(ids), content=content, headers=sent)


def comparable(answer: Response, ids: dict[str, str]) -> str:
    """Return a body without the id that was sent and without the id of the request."""
    text = answer.text.replace(answer.json()["request_id"], "")
    for each in ids.values():
        text = text.replace(each, "ID")
    return text


def test_lists_do_not_show_what_belongs_to_others(client: TestClient) -> None:
    upload(client, flowers())
    other = other_project(client)
    for name in ("datasets", "jobs", "models", "weights", "webhooks"):
        assert client.get(f"/v1/{name}", headers=other).json()["data"] == []
