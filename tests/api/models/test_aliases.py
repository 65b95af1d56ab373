"""/v1/aliases: names for models, moved under a condition."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import Services
from service.predictions.aliased_models import AliasedModels
from store.errors import NotFound
from store.ids import DEFAULT_PROJECT
from tests.support.api import upload
from tests.support.tables import flowers

PATH = "/v1/aliases/flowers-production"


@pytest.fixture
def models(client: TestClient, work: Callable[[], None]) -> list[str]:
    """Two models of the same data set."""
    body = {"dataset_id": upload(client, flowers())["id"], "target": "kind", "training": {"epochs": 1}}
    jobs = [client.post("/v1/jobs", json=body).json()["links"]["self"] for _ in range(2)]
    work()
    return [client.get(job).json()["model_id"] for job in jobs]


def put(client: TestClient, model_id: str, **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.put(PATH, json={"model_id": model_id}, headers=named)


def test_an_alias_is_created_moved_listed_and_deleted(client: TestClient, models: list[str]) -> None:
    first, second = models
    assert put(client, first, If_Match="*").status_code == 412  # there is none yet
    created = put(client, first, If_None_Match="*")
    assert (created.status_code, created.json()["version"], created.json()["previous_model_id"]) == (200, 1, None)
    assert put(client, second, If_None_Match="*").status_code == 412
    read = client.get(PATH)
    assert read.headers["ETag"] == created.headers["ETag"]
    moved = put(client, second, If_Match=read.headers["ETag"])
    assert (moved.status_code, moved.json()["model_id"], moved.json()["previous_model_id"]) == (200, second, first)
    assert put(client, first, If_Match=read.headers["ETag"]).json()["code"] == "precondition_failed"
    again = put(client, second)  # names it already
    assert (again.json(), again.headers["ETag"]) == (moved.json(), moved.headers["ETag"])
    assert client.get("/v1/aliases").json()["data"] == [moved.json()]
    assert client.delete(PATH, headers={"If-Match": read.headers["ETag"]}).status_code == 412
    assert client.delete(PATH, headers={"If-Match": moved.headers["ETag"]}).status_code == 204
    assert client.get(PATH).status_code == 404


def test_a_model_behind_an_alias_stays(client: TestClient, models: list[str]) -> None:
    put(client, models[0])
    job = client.get(f"/v1/models/{models[0]}").json()["job_id"]
    for path in (f"/v1/models/{models[0]}", f"/v1/jobs/{job}"):
        refused = client.delete(path)
        assert (refused.status_code, refused.json()["code"]) == (409, "model_in_use")
        assert "flowers-production" in refused.json()["detail"]
    put(client, models[1])
    assert client.delete(f"/v1/models/{models[0]}").status_code == 204


def test_unknown_models_and_odd_names_are_refused(client: TestClient) -> None:
    assert put(client, "mdl_unknown").status_code == 404
    for name in ("a b", "-x", "a" * 101, "%00"):
        assert client.put(f"/v1/aliases/{name}", json={"model_id": "mdl_1"}).status_code == 422


def test_predictions_by_alias_are_those_of_the_model_and_follow_a_move(client: TestClient, models: list[str]) -> None:
    body = {"rows": [{"length": 0.4, "width": 2.9, "color": "red"}]}
    put(client, models[0])
    for model_id in models:
        put(client, model_id)
        found = client.post(f"{PATH}/predictions", json=body).json()
        of_model = client.post(f"/v1/models/{model_id}/predictions", json=body).json()
        assert found == {"model_id": model_id, **of_model}
    wrong = client.post(f"{PATH}/predictions", json={"rows": [{"lenght": 1}]})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/rows/0/lenght")
    client.delete(PATH)
    assert client.post(f"{PATH}/predictions", json=body).status_code == 404


def test_a_move_through_another_process_is_seen_after_half_a_second(client: TestClient, models: list[str]) -> None:
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    time = [0.0]
    elsewhere = AliasedModels(services.sessions, clock=lambda: time[0])
    put(client, models[0])
    assert elsewhere.look_up(DEFAULT_PROJECT, "flowers-production") == models[0]
    put(client, models[1])
    assert elsewhere.current(DEFAULT_PROJECT, "flowers-production") == models[0]
    time[0] = 0.5
    assert elsewhere.current(DEFAULT_PROJECT, "flowers-production") is None
    assert elsewhere.look_up(DEFAULT_PROJECT, "flowers-production") == models[1]
    client.delete(PATH)
    with pytest.raises(NotFound):
        elsewhere.look_up(DEFAULT_PROJECT, "flowers-production")
    assert elsewhere.current(DEFAULT_PROJECT, "flowers-production") is None
