"""What one more layer would cost: estimates of the neighbors of a spec, in the answer to a validation."""

from typing import Any

from fastapi.testclient import TestClient

from tests.support.api import upload
from tests.support.tables import flowers

BODY = {
    "target": "kind",
    "ensemble": None,
    "model": {"layers": [{"type": "dense", "units": 32}, {"type": "dense", "units": 16}]},
    "training": {"epochs": 10, "batch_size": 16},
}


def neighbors(client: TestClient, **changes: Any) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the estimate of a job, and those of its neighbors by the change."""
    body = {"dataset_id": upload(client, flowers())["id"], **BODY, **changes}
    answer = client.post("/v1/jobs", params={"validate_only": True, "neighbors": True}, json=body)
    assert answer.status_code == 200, answer.text
    estimate = answer.json()["estimate"]
    return estimate, {each["change"]: each for each in estimate["neighbors"]}


def test_each_change_costs_accordingly(client: TestClient) -> None:
    own, changed = neighbors(client)
    assert len(changed) == 8
    assert changed["one_more_layer"]["parameters"] == own["parameters"] + 16 * 16 + 16
    assert changed["one_layer_less"]["parameters"] < own["parameters"] < changed["twice_the_width"]["parameters"]
    assert changed["half_the_width"]["parameters"] < own["parameters"]
    assert changed["twice_the_epochs"]["flops"] == 2 * own["flops"] == 4 * changed["half_the_epochs"]["flops"]
    assert (
        changed["half_the_batch"]["memory_bytes"] <= own["memory_bytes"] <= changed["twice_the_batch"]["memory_bytes"]
    )
    assert all("seconds" in each for each in changed.values())


def test_changes_that_do_not_fit_are_left_out(client: TestClient) -> None:
    layers = [{"type": "dense", "units": 12}, {"type": "reshape", "shape": [3, 4]}, {"type": "flatten"}]
    _, changed = neighbors(client, model={"layers": layers}, training={"epochs": 1, "batch_size": 1})
    assert set(changed) == {"one_more_layer", "twice_the_batch", "twice_the_epochs"}
