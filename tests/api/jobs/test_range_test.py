"""`training.range_test`: its request, its errors, its estimate and its result."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.support.api import pointers

RANGE = {"lowest": 1e-4, "highest": 10, "steps": 30}


def body(dataset: dict[str, Any], **training: Any) -> dict[str, Any]:
    training = {"epochs": 2, "batch_size": 16, **training}
    return {"dataset_id": dataset["id"], "target": "kind", "ensemble": None, "training": training}


def test_the_result_of_a_range_test_is_in_the_job_and_its_events(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    queued = client.post("/v1/jobs", json=body(dataset, range_test=RANGE)).json()
    assert queued["range_test"] is None
    assert queued["spec"]["training"]["range_test"] == RANGE
    work()
    job = client.get(queued["links"]["self"]).json()
    assert job["state"] == "succeeded"
    found = job["range_test"]
    assert set(found) == {"rates", "losses", "steepest", "suggested"}
    assert found["rates"][0] == 1e-4
    assert len(found["rates"]) == len(found["losses"]) <= 30
    [event] = [one for one in client.get(job["links"]["events"]).json()["data"] if one["type"] == "job.range_test"]
    assert event["data"] == found
    requested = job["spec"]["training"]["optimizer"]["learning_rate"]
    first = client.get(job["links"]["metrics"]).json()["data"][0]
    assert first["learning_rate"] <= found["suggested"] != requested


def test_the_estimate_includes_the_batches_of_the_range_test(client: TestClient, dataset: dict[str, Any]) -> None:
    def flops(**training: Any) -> float:
        response = client.post("/v1/jobs?validate_only=true", json=body(dataset, **training))
        return float(response.json()["estimate"]["flops"])

    rows = 96  # of 120, a fifth is held back
    assert flops(range_test=RANGE) / flops() == pytest.approx((2 * rows + 30 * 16) / (2 * rows))
    assert flops(range_test=RANGE, epochs=0) == pytest.approx(flops() * 30 * 16 / (2 * rows))


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no range": ({"range_test": {"lowest": 1.0, "highest": 0.1}}, "/training/range_test"),
    "too few steps": ({"range_test": {"steps": 9}}, "/training/range_test/steps"),
    "too many steps": ({"range_test": {"steps": 501}}, "/training/range_test/steps"),
    "a rate of nothing": ({"range_test": {"lowest": 0}}, "/training/range_test/lowest"),
    "an unknown field": ({"range_test": {"highst": 1}}, "/training/range_test/highst"),
    "lbfgs": ({"range_test": {}, "optimizer": {"type": "lbfgs"}}, "/training/range_test"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_an_impossible_range_test_is_rejected_with_a_pointer(
    client: TestClient, dataset: dict[str, Any], kind: str
) -> None:
    training, pointer = REFUSED[kind]
    response = client.post("/v1/jobs", json=body(dataset, **training))
    assert response.status_code == 422
    assert pointers(response.json()) == [pointer]
