"""POST /v1/comparisons: scores on the same rows, a verdict, and clear refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.support.api import pointers, upload
from tests.support.tabular_jobs import csv


def table(rows: int, seed: int, **more: Any) -> str:
    random = np.random.default_rng(seed)
    x, noise = random.normal(size=(2, rows))
    return csv({"x": x, "noise": noise, "y": np.where(x + 0.3 * random.normal(size=rows) > 0, "yes", "no"), **more})


def train(client: TestClient, dataset: dict[str, Any], target: str, column: str, **training: Any) -> str:
    body = {"dataset_id": dataset["id"], "target": target, "features": [{"column": column}], "training": training}
    body["ensemble"] = None
    answer = client.post("/v1/jobs", json=body)
    assert answer.status_code == 201, answer.text
    job: str = answer.json()["links"]["self"]
    return job


@pytest.fixture
def models(client: TestClient, work: Callable[[], None]) -> list[str]:
    """A model that reads noise, and one that reads the column that decides."""
    dataset = upload(client, table(400, seed=1))
    jobs = [train(client, dataset, "y", column, epochs=20) for column in ("noise", "x")]
    work()
    return [client.get(job).json()["model_id"] for job in jobs]


def test_the_model_with_the_right_column_is_better_and_the_other_order_says_worse(
    client: TestClient, models: list[str]
) -> None:
    rows = upload(client, table(300, seed=2, id=np.arange(300)))
    found = client.post("/v1/comparisons", json={"dataset_id": rows["id"], "model_ids": models}).json()
    assert (found["verdict"], found["rows"], found["metric"], found["warnings"]) == ("better", 300, "log_loss", [])
    assert [each["model_id"] for each in found["models"]] == models
    noise, decisive = (each["scores"]["accuracy"] for each in found["models"])
    assert noise < 0.65
    assert decisive > 0.85
    difference = found["difference"]
    assert 0 < difference["low"] < difference["mean"] < difference["high"]
    largest = found["largest_differences"][0]
    answers = client.post(f"/v1/models/{models[1]}/predictions", json={"rows": [row_of(rows, client, largest["row"])]})
    assert answers.json()["predictions"][0]["label"] == largest["predictions"][1]["label"]
    turned = client.post("/v1/comparisons", json={"dataset_id": rows["id"], "model_ids": models[::-1]}).json()
    assert turned["verdict"] == "worse"
    assert "lower" in found["summary"]


def test_models_with_equal_weights_are_the_same(client: TestClient, work: Callable[[], None]) -> None:
    dataset = upload(client, table(60, seed=1))
    jobs = [train(client, dataset, "y", "x", epochs=1) for _ in range(2)]
    work()
    models = [client.get(job).json()["model_id"] for job in jobs]
    found = client.post("/v1/comparisons", json={"dataset_id": dataset["id"], "model_ids": models}).json()
    assert (found["verdict"], found["largest_differences"]) == ("same", [])


def row_of(dataset: dict[str, Any], client: TestClient, number: int) -> dict[str, Any]:
    rows = client.get(f"/v1/datasets/{dataset['id']}/preview", params={"rows": number + 1}).json()["rows"]
    return {name: rows[number][name] for name in ("x", "noise")}


def test_rows_of_the_training_data_are_warned_about(client: TestClient, models: list[str]) -> None:
    trained_on = client.get(f"/v1/models/{models[0]}").json()["dataset_id"]
    found = client.post("/v1/comparisons", json={"dataset_id": trained_on, "model_ids": models}).json()
    assert {warning["code"] for warning in found["warnings"]} == {"rows_seen_in_training"}


def test_everything_that_prevents_a_comparison_is_listed(
    client: TestClient, models: list[str], work: Callable[[], None]
) -> None:
    dataset = upload(client, csv({"x": ["a", "b", "a", "b"] * 5, "Y": ["yes", "no"] * 10}))
    refused = client.post("/v1/comparisons", json={"dataset_id": dataset["id"], "model_ids": models})
    assert refused.status_code == 422
    details = [error["detail"] for error in refused.json()["errors"]]
    assert any("lacks 'noise'" in detail for detail in details)
    assert any("lacks 'y', what the models predict." in detail for detail in details)
    assert any("'x', a feature of the model, is a number column" in detail for detail in details)
    numbers = upload(client, table(60, seed=3))
    job = train(client, numbers, "noise", "x", epochs=1)
    work()
    other = client.get(job).json()["model_id"]
    mixed = client.post("/v1/comparisons", json={"dataset_id": numbers["id"], "model_ids": [models[0], other]})
    assert pointers(mixed.json()) == ["/model_ids"]


def test_the_same_model_twice_and_unknown_ones_are_refused(client: TestClient, models: list[str]) -> None:
    dataset_id = client.get(f"/v1/models/{models[0]}").json()["dataset_id"]
    twice = client.post("/v1/comparisons", json={"dataset_id": dataset_id, "model_ids": [models[0]] * 2})
    assert (twice.status_code, "one model twice" in twice.text) == (422, True)
    unknown = client.post("/v1/comparisons", json={"dataset_id": dataset_id, "model_ids": [models[0], "mdl_1"]})
    assert unknown.status_code == 404


def test_models_of_times_until_an_event_are_not_compared(client: TestClient, work: Callable[[], None]) -> None:
    rows = upload(client, csv({"x": np.arange(200.0), "time": np.arange(1.0, 201), "gone": np.arange(200) % 2}))
    body = {"dataset_id": rows["id"], "target": "time", "censored": "gone", "training": {"epochs": 1}, "ensemble": None}
    jobs = [client.post("/v1/jobs", json=body).json()["links"]["self"] for _ in range(2)]
    work()
    compared = [client.get(job).json()["model_id"] for job in jobs]
    answer = client.post("/v1/comparisons", json={"dataset_id": rows["id"], "model_ids": compared})
    assert (answer.status_code, pointers(answer.json())) == (422, ["/model_ids/0", "/model_ids/1"])
