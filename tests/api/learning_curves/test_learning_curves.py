"""Learning curves: ordinary jobs on nested parts of the rows, and what their scores say of more rows."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.support.api import pointers, train, upload
from tests.support.tables import flowers

BODY = {"target": "kind", "training": {"epochs": 2}}


def trained(client: TestClient, work: Callable[[], None], **body: Any) -> dict[str, Any]:
    dataset = upload(client, flowers(150))
    return train(client, work, {"dataset_id": dataset["id"], **BODY, **body})


def test_jobs_on_parts_of_the_rows_give_a_curve(client: TestClient, work: Callable[[], None]) -> None:
    job = trained(client, work, metadata={"team": "garden"})
    path = f"/v1/jobs/{job['id']}/learning-curve"
    assert client.get(path).status_code == 404
    started = client.post(path, json={"samples": 2, "priority": 1}, headers={"Idempotency-Key": "k"})
    assert started.status_code == 201, started.text
    assert started.headers["Location"] == path
    assert client.post(path, json={"samples": 2, "priority": 1}, headers={"Idempotency-Key": "k"}).json() == (
        started.json()
    )
    assert client.post(path, json={}).json()["code"] == "learning_curve_exists"
    assert client.delete(path).json()["code"] == "not_ready"
    assert client.delete(f"/v1/jobs/{job['id']}").json()["code"] == "not_ready"
    found = started.json()
    assert (found["state"], found["fit"], found["progress"]) == ("running", None, {"jobs": 8, "ended": 0})

    work()
    found = client.get(path).json()
    assert (found["state"], found["progress"]["ended"], found["metric"]) == ("ended", 8, "accuracy")
    own, *parts = found["points"]
    assert (own["job_id"], own["rows"], own["fraction"], own["sample"]) == (job["id"], 120, 1.0, None)
    assert [point["rows"] for point in parts] == [20, 20, 29, 29, 42, 42, 60, 60]
    assert all(0 <= point["score"] <= 1 for point in found["points"])
    assert [(each["factor"], each["rows"]) for each in found["forecasts"]] == [(2, 240), (10, 1200)]
    assert all(each["score"]["low"] <= each["score"]["value"] <= each["score"]["high"] for each in found["forecasts"])
    assert found["more_data"] in {"yes", "no", "unclear"}
    assert "twice the rows" in found["summary"]
    child = client.get(f"/v1/jobs/{parts[0]['job_id']}").json()
    assert (child["learning_curve_of"], child["metadata"], child["spec"]["priority"]) == (
        job["id"],
        {"team": "garden"},
        1,
    )
    assert child["spec"]["training"]["sample"] == {"fraction": 0.166667, "seed": 1}
    evaluation = client.get(f"{child['links']['model']}/evaluation").json()
    assert evaluation["rows"] == client.get(f"{job['links']['model']}/evaluation").json()["rows"] == 30

    assert client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    assert client.get(child["links"]["self"]).status_code == client.get(child["links"]["model"]).status_code == 404


def test_cancel_ends_what_is_queued(client: TestClient, work: Callable[[], None]) -> None:
    job = trained(client, work)
    path = f"/v1/jobs/{job['id']}/learning-curve"
    client.post(path, json={"samples": 1})
    canceled = client.post(f"{path}/cancel").json()
    assert (canceled["state"], canceled["more_data"]) == ("ended", None)
    assert {point["state"] for point in canceled["points"][1:]} == {"canceled"}
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_all_that_rules_a_curve_out_is_listed(client: TestClient, work: Callable[[], None]) -> None:
    job = trained(client, work, training={"epochs": 1, "sample": {"fraction": 0.9}})
    refused = client.post(
        f"/v1/jobs/{job['id']}/learning-curve", json={"metric": "rmse", "fractions": [0.01, 0.1, 0.5]}
    )
    assert refused.status_code == 422
    assert pointers(refused.json()) == ["", "/metric", "/fractions/0"]
    assert client.get(f"/v1/jobs/{job['id']}/learning-curve").status_code == 404
