"""Requests that are expensive to read: they are answered fast, and after authentication only."""

import json
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from store.accounts import keys
from store.accounts.keys import KeyGrant
from store.db.transaction import transaction
from tests.support.api import upload

JSON = {"Content-Type": "application/json"}
SECONDS = 5  # far below what quadratic work took
REPEATED = "{" + ",".join(f'"k{number}":1' for number in range(40_000)) + ',"k39999":2}'


def timed(client: TestClient, body: str) -> tuple[float, dict[str, Any]]:
    """Post a job; return the CPU seconds of this process and the problem."""
    start = time.process_time()
    response = client.post("/v1/jobs", content=body, headers=JSON)
    assert response.status_code in {400, 422}, response.text[:200]
    return time.process_time() - start, response.json()


def test_forty_thousand_keys_with_one_repeated_are_rejected_fast(client: TestClient) -> None:
    seconds, problem = timed(client, REPEATED)
    assert seconds < SECONDS
    assert problem["code"] == "malformed_json"
    assert "'k39999' occurs twice" in problem["detail"]


def test_the_errors_of_one_answer_are_limited(client: TestClient) -> None:
    seconds, problem = timed(client, json.dumps({f"f{number}": 1 for number in range(4_000)}))
    assert seconds < SECONDS
    assert len(problem["errors"]) == 500
    assert "more than 500 errors" in problem["detail"]


def test_an_object_with_too_many_members_is_not_validated(client: TestClient) -> None:
    seconds, problem = timed(client, json.dumps({f"f{number}": 1 for number in range(60_000)}))
    assert seconds < SECONDS
    assert problem["code"] == "over_limit"
    assert "60,000 members" in problem["detail"]


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        ({"metadata": {"k": [1] * 50_001}}, "50,000 are allowed"),
        ({"features": [{"column": "a"}] * 5_001}, "more than 5,000 objects"),
    ],
)
def test_a_body_with_too_many_values_is_not_validated(client: TestClient, fields: dict[str, Any], detail: str) -> None:
    _, problem = timed(client, json.dumps(fields))
    assert problem["code"] == "over_limit"
    assert detail in problem["detail"]


@pytest.mark.parametrize(
    ("fields", "pointer", "detail"),
    [
        ({"model": {"layers": [{"type": "x"}] * 65}}, "/model/layers", "at most 64 items"),
        ({"model": {"layers": [{"type": "x"}] * 4_000}}, "/model/layers", "not 4000"),
        ({"model": {"layers": [{"layers": [{"type": "x"}] * 64}] * 4}}, "/model", "at most 256 layers"),
        ({"features": ["x"] * 4_097}, "/features", "at most 4096 items"),
        ({"target": [1] * 65}, "/target", "at most 64 items"),
        ({"training": {"class_weight": ["x"] * 8_193}}, "/training/class_weight", "at most 8192 items"),
        ({"training": {"frozen": ["x"] * 65}}, "/training/frozen", "at most 64 items"),
    ],
)
def test_a_list_that_is_too_long_has_one_error(
    client: TestClient, fields: dict[str, Any], pointer: str, detail: str
) -> None:
    _, problem = timed(client, json.dumps({"dataset_id": "x", "target": "y", **fields}))
    assert problem["code"] == "invalid_request"
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert detail in problem["errors"][0]["detail"]


def test_rows_to_predict_have_as_many_values_as_fit(client: TestClient) -> None:
    rows = [{"a": [0] * 10}] * 6_000
    response = client.post("/v1/models/mdl_1/predictions", content=json.dumps({"rows": rows}), headers=JSON)
    assert response.status_code == 404, "the rows are valid; there is no such model"


def test_a_thousand_layers_of_an_unknown_type_are_rejected_fast(client: TestClient) -> None:
    layers = [{"type": "dens" + "e" * number} for number in range(1000)]
    seconds, problem = timed(client, json.dumps({"dataset_id": "x", "target": "y", "model": {"layers": layers}}))
    assert seconds < SECONDS
    assert len(json.dumps(problem)) < 300_000, "texts that were sent are repeated only in part"


def test_only_some_misspelled_features_get_a_suggestion(client: TestClient) -> None:
    names = [f"measurement_{number:04d}_of_sensor" for number in range(1000)]
    csv = ",".join([*names, "kind"]) + "\n" + "".join(",".join(["1"] * 1000 + [kind]) + "\n" for kind in "abab")
    dataset = upload(client, csv)
    features = [{"column": f"measurment_{number:04d}_of_sensr"} for number in range(450)]
    seconds, problem = timed(client, json.dumps({"dataset_id": dataset["id"], "target": "kind", "features": features}))
    assert seconds < 3 * SECONDS
    assert len(problem["errors"]) == 450
    assert sum("Did you mean" in error["detail"] for error in problem["errors"]) == 10


@pytest.mark.parametrize("body", [REPEATED, "not JSON", "{}"])
def test_the_key_is_checked_before_the_body(client: TestClient, body: str) -> None:
    services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    with transaction(services.sessions) as tx:
        keys.add(tx, keys.new_key(), services.settings.secret(), KeyGrant(name="test"))
    response = client.post("/v1/jobs?unknown=1", content=body, headers={"Content-Type": "text/plain"})
    assert response.json()["code"] == "unauthenticated"
