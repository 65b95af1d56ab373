"""`init_from`: jobs that start from a trained model instead of random weights."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tests.support.api import pointers, train, upload, weights
from tests.support.tables import flowers, prices


def test_training_for_no_epochs_leaves_the_model_unchanged(client: TestClient, work: Callable[[], None]) -> None:
    dataset_id = upload(client, prices())["id"]
    base = train(client, work, {"dataset_id": dataset_id, "target": "price", "training": {"epochs": 20}})
    body = {"dataset_id": dataset_id, "target": "price", "init_from": {"model_id": base["model_id"]}}
    again = train(client, work, {**body, "training": {"epochs": 0}})
    before, after = weights(client, base), weights(client, again)
    assert before.keys() == after.keys()
    for name, values in before.items():
        np.testing.assert_allclose(after[name], values, rtol=1e-5, atol=1e-3)
    model = client.get(again["links"]["model"]).json()
    assert model["lineage"]["base_model_id"] == base["model_id"]
    assert again["spec"]["init_from"]["head"] is True


def test_features_are_encoded_as_in_the_base_model(client: TestClient, work: Callable[[], None]) -> None:
    dataset_id = upload(client, flowers())["id"]
    features = [{"column": "length", "encoding": "none"}, {"column": "width"}]
    requested = {"dataset_id": dataset_id, "target": "kind", "features": features}
    base = train(client, work, {**requested, "training": {"epochs": 1}})
    again = {**requested, "init_from": {"model_id": base["model_id"]}}
    assert client.post("/v1/jobs", json=again).status_code == 201
    features[0]["encoding"] = features[1]["encoding"] = "one_hot"
    problem = client.post("/v1/jobs", json=again).json()
    assert pointers(problem) == ["/features/0/encoding", "/features/1/encoding"]


def test_frozen_layers_stay_unchanged_and_the_others_learn(client: TestClient, work: Callable[[], None]) -> None:
    layers = [{"type": "dense", "units": 8}, {"type": "dense", "units": 8}]
    dataset_id = upload(client, flowers())["id"]
    base = train(
        client,
        work,
        {"dataset_id": dataset_id, "target": "kind", "model": {"layers": layers}, "training": {"epochs": 3}},
    )
    new = upload(client, flowers(seed=8))["id"]
    init = {"model_id": base["model_id"], "freeze_layers": 1}
    tuned = train(client, work, {"dataset_id": new, "target": "kind", "init_from": init, "training": {"epochs": 3}})
    before, after = weights(client, base), weights(client, tuned)
    assert np.array_equal(before["0.weight"], after["0.weight"])
    assert not np.array_equal(before["2.weight"], after["2.weight"])
    assert tuned["spec"]["training"]["frozen"] == [0]


@pytest.mark.parametrize("freeze_layers", [1, 2, 3])
def test_layers_without_parameters_count_as_frozen_layers(
    client: TestClient, work: Callable[[], None], freeze_layers: int
) -> None:
    dataset_id = upload(client, flowers(60))["id"]
    layers = [{"type": "dropout", "rate": 0.1}, {"type": "dense", "units": 8}, {"type": "dropout", "rate": 0.1}]
    body = {"dataset_id": dataset_id, "target": "kind", "training": {"epochs": 2}}
    base = train(client, work, {**body, "model": {"layers": layers}})
    init = {"model_id": base["model_id"], "freeze_layers": freeze_layers}
    tuned = train(client, work, {**body, "init_from": init})
    assert tuned["spec"]["training"]["frozen"] == ([] if freeze_layers == 1 else [1])
    before, after = weights(client, base), weights(client, tuned)
    assert np.array_equal(before["1.weight"], after["1.weight"]) == (freeze_layers > 1)


def test_two_epochs_from_a_model_match_ten_from_random_weights(client: TestClient, work: Callable[[], None]) -> None:
    dataset_id = upload(client, flowers(400))["id"]
    layers = {"layers": [{"type": "dense", "units": 32}]}
    base = train(
        client, work, {"dataset_id": dataset_id, "target": "kind", "model": layers, "training": {"epochs": 30}}
    )
    new = upload(client, flowers(400, seed=9))["id"]
    tuned = train(
        client,
        work,
        {"dataset_id": new, "target": "kind", "init_from": {"model_id": base["model_id"]}, "training": {"epochs": 2}},
    )
    fresh = train(client, work, {"dataset_id": new, "target": "kind", "model": layers, "training": {"epochs": 10}})
    assert tuned["best"]["val_loss"] <= fresh["best"]["val_loss"] * 1.02


def test_mismatches_with_the_base_model_are_reported_with_pointers(
    client: TestClient, work: Callable[[], None]
) -> None:
    dataset_id = upload(client, flowers())["id"]
    layers = {"layers": [{"type": "dense", "units": 8}]}
    base = train(client, work, {"dataset_id": dataset_id, "target": "kind", "model": layers, "training": {"epochs": 1}})
    body = {"dataset_id": dataset_id, "target": "kind", "init_from": {"model_id": base["model_id"]}}
    other = {**body, "model": {"layers": [{"type": "dense", "units": 9}]}}
    assert pointers(client.post("/v1/jobs", json=other).json()) == ["/model/layers"]
    frozen = {**body, "init_from": {"model_id": base["model_id"], "freeze_layers": 2}}
    assert pointers(client.post("/v1/jobs", json=frozen).json()) == ["/init_from/freeze_layers"]
    features = {**body, "features": [{"column": "length"}]}
    assert pointers(client.post("/v1/jobs", json=features).json()) == ["/features"]
    unknown = {**body, "init_from": {"model_id": "mdl_1"}}
    assert client.post("/v1/jobs", json=unknown).status_code == 404


def test_a_model_cannot_be_deleted_while_a_job_starts_from_it(client: TestClient, model: dict[str, Any]) -> None:
    body = {"dataset_id": model["dataset_id"], "target": "kind", "init_from": {"model_id": model["id"]}}
    url = client.post("/v1/jobs", json=body).json()["links"]["self"]
    for needed in (f"/v1/models/{model['id']}", f"/v1/jobs/{model['job_id']}"):
        response = client.delete(needed)
        assert (response.status_code, response.json()["code"]) == (409, "model_in_use")
        assert model["id"] in response.json()["detail"]
    client.post(f"{url}/cancel")
    assert client.delete(f"/v1/models/{model['id']}").status_code == 204
    again = client.post(f"{url}/retry")
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert again.json()["detail"] == f"Model {model['id']} not found."


def test_a_model_reports_the_contributions_of_its_weights(client: TestClient, model: dict[str, Any]) -> None:
    contributions = client.get(f"/v1/models/{model['id']}/contributions").json()
    assert sum(layer["share"] for layer in contributions["layers"]) > 0.999
    sizes = [abs(weight["contribution"]) for weight in contributions["largest"]]
    assert sizes == sorted(sizes, reverse=True)
    assert contributions["largest"][0]["parameter"] in weights(
        client, {"links": {"model": f"/v1/models/{model['id']}"}}
    )


def test_a_file_in_other_formats_is_fine_tuned_and_predicted_in_its_own_formats(
    client: TestClient, work: Callable[[], None]
) -> None:
    first = "load,day,cost\n" + "".join(f"${n % 9}.50,2024-02-{n % 28 + 1:02},{100 + n % 9}.25\n" for n in range(60))
    second = "load;day;cost\n" + "".join(f"{n % 9},50 kg;{n % 28 + 1}.2.24;{100 + n % 9},25\n" for n in range(60))
    body = {"target": "cost", "training": {"epochs": 2}}
    base = train(client, work, {**body, "dataset_id": upload(client, first)["id"]})
    init = {"model_id": base["model_id"]}
    tuned = train(client, work, {**body, "dataset_id": upload(client, second)["id"], "init_from": init})
    rows = [{"load": "2,50 kg", "day": "3.2.24"}, {"load": 2.5, "day": "2024-02-03"}]
    as_written, typed = client.post(f"{tuned['links']['model']}/predictions", json={"rows": rows}).json()["predictions"]
    assert as_written == typed
