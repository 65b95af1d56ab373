"""`sample_weight`: a column that weights each row, from the request to the model."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from tests.support.api import pointers, train, upload, weights
from tests.support.tables import flowers

TRAINING = {"epochs": 4, "batch_size": 16, "seed": 3}


def weighed(rows: int = 90) -> list[str]:
    """Return lines of flowers with a column `trust`: 0 for every third row, otherwise 1.5 or 0.5."""
    header, *lines = flowers(rows).splitlines()
    rng = random.Random(1)
    trusts = [0 if place % 3 == 2 else rng.choice([0.5, 1.5]) for place in range(rows)]
    return [f"{header},trust", *(f"{line},{trust}" for line, trust in zip(lines, trusts, strict=True))]


def table(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"


def body(client: TestClient, lines: list[str], **fields: Any) -> dict[str, Any]:
    dataset_id = upload(client, table(lines))["id"]
    return {"dataset_id": dataset_id, "target": "kind", "sample_weight": "trust", "training": TRAINING, **fields}


def test_rows_with_zero_weight_do_not_affect_the_model(client: TestClient, work: Callable[[], None]) -> None:
    lines = weighed()
    whole = train(client, work, body(client, lines))
    without = train(client, work, body(client, [line for line in lines if not line.endswith(",0")]))
    assert [feature["column"] for feature in whole["spec"]["features"]] == ["length", "width", "color"]
    assert whole["spec"]["sample_weight"] == "trust"
    first, second = weights(client, whole), weights(client, without)
    assert all(np.array_equal(first[name], second[name]) for name in first)
    evaluations = [client.get(f"{job['links']['model']}/evaluation").json() for job in (whole, without)]
    assert evaluations[0] == evaluations[1]
    assert evaluations[0]["weighted"] is False


def test_sample_weights_apply_to_a_retry_but_not_to_fine_tuning(client: TestClient, work: Callable[[], None]) -> None:
    request = body(client, weighed())
    first = train(client, work, request)
    again = client.post(f"/v1/jobs/{first['id']}/retry").json()
    work()
    again = client.get(again["links"]["self"]).json()
    assert (again["state"], again["spec"]) == ("succeeded", first["spec"])
    before, after = weights(client, first), weights(client, again)
    assert all(np.array_equal(before[name], after[name]) for name in before)
    init = {"model_id": first["model_id"]}
    plain = train(client, work, {**request, "sample_weight": None, "init_from": init})
    heavy = train(client, work, {**request, "init_from": init})
    assert (plain["spec"]["sample_weight"], heavy["spec"]["sample_weight"]) == (None, "trust")
    one, other = weights(client, plain), weights(client, heavy)
    assert not all(np.array_equal(one[name], other[name]) for name in one)


def test_sample_weights_and_class_weights_multiply(client: TestClient, work: Callable[[], None]) -> None:
    request = body(client, weighed())
    losses = set()
    for class_weight in (None, "balanced", [1, 2, 3]):
        job = train(client, work, {**request, "training": {**TRAINING, "class_weight": class_weight}})
        losses.add(job["metrics"]["train_loss"])
    assert len(losses) == 3


def test_losses_are_weighted_and_the_evaluation_is_not(client: TestClient, work: Callable[[], None]) -> None:
    optimizer = {"type": "sgd", "learning_rate": 1e-9}  # so that both networks stay as they were drawn
    features = [{"column": "length"}, {"column": "width"}]
    lines = [line for line in weighed() if not line.endswith(",0")]
    start = {"output_start": "random", "output_initializer": "glorot_uniform"}
    request = body(client, lines, features=features, training={"epochs": 1, "optimizer": optimizer, **start})
    request["training"]["loss"] = {"type": "softmax_cross_entropy"}  # without label smoothing, as the evaluation
    heavy = train(client, work, request)
    plain = train(client, work, {**request, "sample_weight": None})
    assert abs(heavy["metrics"]["train_loss"] - plain["metrics"]["train_loss"]) > 1e-4
    assert abs(heavy["metrics"]["val_loss"] - plain["metrics"]["val_loss"]) > 1e-4
    one, other = (client.get(f"{job['links']['model']}/evaluation").json() for job in (heavy, plain))
    assert one["confusion_matrix"] == other["confusion_matrix"]
    assert abs(one["log_loss"] - plain["metrics"]["val_loss"]) < 1e-4


def test_invalid_sample_weights_are_reported_with_all_other_errors(client: TestClient) -> None:
    lines = weighed()
    request = body(client, [lines[0], *lines[1:-1], "1,2,red,iris,-1", "1,2,red,iris,"])
    response = client.post("/v1/jobs", json={**request, "features": [{"column": "lenght"}], "priority": 10})
    assert response.status_code == 422
    assert pointers(response.json()) == ["/priority", "/sample_weight", "/sample_weight", "/features/0/column"]
    misspelled = client.post("/v1/jobs", json={**request, "sample_weight": "trusts"})
    assert [error["pointer"] for error in misspelled.json()["errors"]] == ["/sample_weight"]
    assert "Did you mean 'trust'?" in misspelled.json()["errors"][0]["detail"]


def test_settings_that_line_search_ignores_are_reported_with_pointers(
    client: TestClient, dataset: dict[str, Any]
) -> None:
    training = {"optimizer": {"type": "lbfgs"}, "clip_norm": 1, "regularization": {"max_norm": 2}, "averaging": {}}
    layers = [{"type": "dense", "units": 4}, {"type": "dropout", "rate": 0.1}]
    request = {"dataset_id": dataset["id"], "target": "kind", "model": {"layers": layers}}
    found = pointers(client.post("/v1/jobs", json={**request, "training": training}).json())
    assert set(found) == {"/training/clip_norm", "/training/regularization/max_norm", "/training/averaging"}
    found = pointers(client.post("/v1/jobs", json={**request, "training": {"optimizer": {"type": "lbfgs"}}}).json())
    assert found == ["/model/layers/1"]
    sgd = {"optimizer": {"type": "sgd", "nesterov": True}}
    found = pointers(client.post("/v1/jobs", json={**request, "training": sgd}).json())
    assert found == ["/training/optimizer/nesterov"]
