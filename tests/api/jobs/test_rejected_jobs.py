"""POST /v1/jobs with errors: every one is listed, with its place. Nothing here depends on the database."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.api import pointers, upload

JSON = {"Content-Type": "application/json"}


def test_all_errors_of_fields_and_planning_are_listed_together(client: TestClient, dataset: dict[str, Any]) -> None:
    body = {
        "dataset_id": dataset["id"],
        "target": "kinds",
        "color": "red",
        "features": [{"column": "length", "encoding": "one_hut"}],
        "model": {"layers": [{"type": "dense", "units": 0}, {"type": "dence", "units": 3}, {"units": 3}]},
        "training": {"epochs": "many", "batch_size": -1, "optimizer": {"type": "adam", "learning_rate": -1}},
        "priority": 11,
    }
    response = client.post("/v1/jobs", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert set(pointers(response.json())) == {
        "/target",
        "/color",
        "/features/0/encoding",
        "/model/layers/0/units",
        "/model/layers/1",
        "/model/layers/2",
        "/training/epochs",
        "/training/batch_size",
        "/training/optimizer/learning_rate",
        "/priority",
    }
    assert client.get("/v1/jobs").json()["data"] == []


@pytest.mark.parametrize(
    ("training", "pointer", "detail"),
    [
        ({"loss": "squared"}, "/training/loss", "or an object, not 'squared'."),
        ({"loss": {"type": "huber", "delta": -1}}, "/training/loss/delta", "greater than 0, not -1."),
        ({"loss": {"type": "hubr"}}, "/training/loss", "did you mean 'huber'?"),
        ({"class_weight": 3}, "/training/class_weight", "Input should be 'balanced' or a list, not 3."),
        ({"class_weight": [1]}, "/training/class_weight", "at least 2 items"),
        ({"class_weight": [-1, 2]}, "/training/class_weight/0", "greater than 0, not -1."),
        ({"optimizer": "adam"}, "/training/optimizer", "Input should be an object, not 'adam'."),
    ],
)
def test_a_value_of_several_possible_kinds_is_validated_as_its_own_kind(
    client: TestClient, dataset: dict[str, Any], training: dict[str, Any], pointer: str, detail: str
) -> None:
    body = {"dataset_id": dataset["id"], "target": "kind", "training": training}
    (error,) = client.post("/v1/jobs", json=body).json()["errors"]
    assert error["pointer"] == pointer
    assert detail in error["detail"]


def test_a_misspelled_target_suggests_the_closest_column(client: TestClient, dataset: dict[str, Any]) -> None:
    problem = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "knid"}).json()
    assert problem["errors"][0]["pointer"] == "/target"
    assert "'kind'" in problem["errors"][0]["detail"]


TABLES = {
    "a constant target": "a,y\n" + "1,same\n2,same\n3,same\n" * 5,
    "one row": "a,y\n1,2\n",
    "a target without values": "a,y\n" + "1,\n2,\n3,\n" * 5,
    "too many classes": "a,y\n" + "".join(f"{number}.5,c{number % 5000}\n" for number in range(10_000)),
    "no column that says anything": "a,b,y\n" + "1,,u\n1,,v\n" * 10,
}


@pytest.mark.parametrize("kind", TABLES)
def test_a_table_that_cannot_be_learned_from_is_rejected_at_submission(client: TestClient, kind: str) -> None:
    dataset = upload(client, TABLES[kind])
    response = client.post("/v1/jobs", json={"dataset_id": dataset["id"], "target": "y"})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")
    assert response.json()["errors"]
    assert client.get("/v1/jobs").json()["data"] == []


MALFORMED = {
    "NaN": b'{"dataset_id": NaN}',
    "Infinity": b'{"priority": -Infinity}',
    "cut": b'{"a":',
    "twice": b'{"a": 1, "a": 2}',
    "deep": b"[" * 100 + b"]" * 100,
    "very deep": b"[" * 100_000,
    "not UTF-8": b'{"a": "\xff"}',
    "half a surrogate pair": b'{"target": "\\ud800"}',
    "NUL": b'{"target": "a\\u0000"}',
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_json_is_rejected(client: TestClient, kind: str) -> None:
    response = client.post("/v1/jobs", content=MALFORMED[kind], headers=JSON)
    assert (response.status_code, response.json()["code"]) == (400, "malformed_json")


def test_a_body_that_is_not_json_or_too_large_is_rejected(client: TestClient) -> None:
    text = client.post("/v1/jobs", content="hello", headers={"Content-Type": "text/plain"})
    large = client.post("/v1/jobs", content=b'"' + b"a" * (2 << 20) + b'"', headers=JSON)
    assert (text.status_code, text.json()["code"]) == (415, "unsupported_media_type")
    assert (large.status_code, large.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "path", ["/v1/jobs/job_1", "/v1/jobs/a%00b", "/v1/jobs/job_1/metrics", "/v1/models/mdl_1", "/v1/x"]
)
def test_unknown_resources_are_not_found(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
