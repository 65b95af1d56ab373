"""Features with each encoding, from the request to predictions and fine-tuning."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from examples.tables import make_table
from tests.support.api import train, upload
from tests.support.example_service import csv

Work = Callable[[], None]


def table(*, rows: int = 200, outlier: str = "", missing: bool = True) -> str:
    rng = random.Random(7)
    lines = ["x,z,y"]
    for row in range(rows):
        x, z = rng.gauss(0, 1), rng.gauss(0, 1)
        first = outlier if outlier and row == 7 else f"{x:.3f}"
        second = "" if missing and rng.random() < 0.1 else f"{z:.3f}"
        lines.append(f"{first},{second},{3 * x + z + rng.gauss(0, 0.1):.3f}")
    return "\n".join(lines) + "\n"


def job_on(client: TestClient, work: Work, text: str, **body: Any) -> dict[str, Any]:
    return train(client, work, {"dataset_id": upload(client, text)["id"], "target": "y", **body})


def predict(client: TestClient, job: dict[str, Any], *rows: dict[str, Any]) -> list[float]:
    response = client.post(f"{job['links']['model']}/predictions", json={"rows": rows})
    assert response.status_code == 200, response.text
    return [answer["value"] for answer in response.json()["predictions"]]


def test_an_absurd_value_is_scaled_robustly_and_reported(client: TestClient, work: Work) -> None:
    job = job_on(client, work, table(outlier="1e30"), training={"epochs": 2})
    assert [feature["encoding"] for feature in job["spec"]["features"]] == ["numeric_embedding"] * 2
    (warning,) = [warning for warning in job["warnings"] if warning["code"] == "robust_scaling"]
    assert (warning["column"], "1e+30" in warning["detail"]) == ("x", True)
    again = job_on(
        client,
        work,
        table(outlier="1e30"),
        training={"epochs": 1},
        features=[{"column": "x", "encoding": "standardize"}, {"column": "z"}],
    )
    assert not [warning for warning in again["warnings"] if warning["code"] == "robust_scaling"]


def test_ordered_categories_and_texts_are_predicted_and_fine_tuned(client: TestClient, work: Work) -> None:
    features = [
        {"column": "review", "size": 32},
        {"column": "prices", "encoding": "ordinal", "order": ["low", "medium", "high"]},
    ]
    body = {"preset": "fast", "target": "recommended", "features": features, "training": {"epochs": 3}}
    job = job_on(client, work, csv(make_table("reviews", 300)), **body)
    assert [feature["encoding"] for feature in job["spec"]["features"]] == ["hashed_text", "ordinal"]
    model = client.get(job["links"]["model"]).json()
    assert model["architecture"]["input_names"] == [*(f"review hash {place}" for place in range(32)), "prices"]
    assert model["parameters"] == job["estimate"]["parameters"]
    rows = [{"review": "great food", "prices": "low"}, {"review": None, "prices": "unknown"}, {"prices": "high"}]
    response = client.post(f"{job['links']['model']}/predictions", json={"rows": rows})
    assert [sorted(answer["probabilities"]) for answer in response.json()["predictions"]] == [["no", "yes"]] * 3
    tuned = job_on(
        client,
        work,
        csv(make_table("reviews", 100, seed=1)).replace("medium", "moderate"),  # unknown to the base model
        target="recommended",
        init_from={"model_id": model["id"]},
        training={"epochs": 1},
    )
    assert tuned["spec"]["features"][1]["order"] == ["low", "medium", "high"]
    assert tuned["estimate"]["parameters"] == model["parameters"]


@pytest.mark.parametrize("encoding", ["robust", "quantile"])
def test_a_model_with_a_scaled_number_predicts_and_is_fine_tuned(client: TestClient, work: Work, encoding: str) -> None:
    features = [{"column": "x", "encoding": encoding, "missing_indicator": True}, {"column": "z", "encoding": encoding}]
    training = {"epochs": 10, "optimizer": {"type": "adam", "learning_rate": 0.03}}
    layers = [{"type": "dense", "units": 4}]
    job = job_on(client, work, table(), features=features, model={"layers": layers}, training=training)
    model = client.get(job["links"]["model"]).json()
    assert model["architecture"]["input_names"] == ["x", "x is missing", "z", "z is missing"]
    low, high, missing = predict(client, job, {"x": -1, "z": 0}, {"x": "1", "z": "0"}, {"x": None})
    assert low < -2 < 2 < high
    assert -3 < missing < 3
    base = {"model_id": model["id"]}
    tuned = job_on(client, work, table(missing=False), init_from=base, training={"epochs": 1})
    assert [feature["encoding"] for feature in tuned["spec"]["features"]] == [encoding] * 2
    assert tuned["estimate"]["parameters"] == model["parameters"]
