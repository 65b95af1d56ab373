"""/v1/weights: uploaded weights, and jobs that start from them."""

import gzip
import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from service.limits import ServiceLimits
from service.settings import Settings
from store.db.transaction import snapshot
from store.tables import Blob
from tests.support.api import pointers, train, upload, weights
from tests.support.tables import flowers, prices

State = dict[str, np.ndarray[Any, Any]]

OCTETS = {"Content-Type": "application/octet-stream"}
RAW = [{"column": "length", "encoding": "none"}, {"column": "width", "encoding": "none"}]
LAYERS = {"layers": [{"type": "dense", "units": 5}, {"type": "dense", "units": 4, "activation": "tanh"}]}


def net(inputs: int = 2, outputs: int = 3, dtype: Any = np.float32) -> State:
    """Return weights of torch.nn.Sequential(Linear(inputs, 5), ReLU(), Linear(5, 4), Tanh(), Linear(4, outputs))."""
    rng = np.random.default_rng(3)
    widths = {"0": (5, inputs), "2": (4, 5), "4": (outputs, 4)}
    state = {}
    for name, shape in widths.items():
        state[f"{name}.weight"] = rng.standard_normal(shape).astype(dtype)
        state[f"{name}.bias"] = rng.standard_normal(shape[0]).astype(dtype)
    return state


def answers(state: State, x: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the outputs of PyTorch's network with these weights."""
    hidden = np.maximum(x @ state["0.weight"].T + state["0.bias"], 0)
    hidden = np.tanh(hidden @ state["2.weight"].T + state["2.bias"])
    return hidden @ state["4.weight"].T + state["4.bias"]


def send(client: TestClient, state: State, **query: str) -> dict[str, Any]:
    response = client.post("/v1/weights", params=query, content=safetensors.numpy.save(state), headers=OCTETS)
    assert response.status_code == 201, response.text
    result: dict[str, Any] = response.json()
    return result


def job(client: TestClient, state: State, csv: str | None = None, **body: Any) -> dict[str, Any]:
    """Return the body of a job on flowers that starts from these weights."""
    init = {"weights_id": send(client, state)["id"], **body.pop("init_from", {})}
    dataset_id = upload(client, csv or flowers())["id"]
    return {"dataset_id": dataset_id, "target": "kind", "features": RAW, "model": LAYERS, "init_from": init, **body}


def test_uploaded_weights_list_their_tensors(client: TestClient) -> None:
    data = safetensors.numpy.save(net(dtype=np.float16))
    response = client.post("/v1/weights?name=mine", content=data, headers=OCTETS)
    result = response.json()
    assert response.headers["Location"] == f"/v1/weights/{result['id']}"
    assert result["id"].startswith("wts_")
    assert (result["name"], result["bytes"], result["metadata"]) == ("mine", len(data), {})
    assert result["sha256"] == hashlib.sha256(data).hexdigest()
    assert {"name": "0.weight", "shape": [5, 2], "dtype": "float16"} in result["tensors"]
    assert len(result["tensors"]) == 6
    assert client.get(response.headers["Location"]).json() == result
    assert client.get("/v1/weights").json() == {"data": [result], "next_cursor": None}


def test_forms_and_gzip_give_the_same_weights_and_keys_prevent_duplicates(client: TestClient) -> None:
    data = safetensors.numpy.save(net())
    form = client.post("/v1/weights", files={"file": ("pretrained.safetensors", data)}).json()
    other = {"Content-Type": "application/x-safetensors", "Content-Encoding": "gzip", "Idempotency-Key": "k"}
    packed = client.post("/v1/weights", content=gzip.compress(data), headers=other)
    again = client.post("/v1/weights", content=gzip.compress(data), headers=other)
    assert form["name"] == "pretrained.safetensors"
    assert form["sha256"] == packed.json()["sha256"] == hashlib.sha256(data).hexdigest()
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (packed.json(), "true")
    first = client.get("/v1/weights?limit=1").json()
    second = client.get("/v1/weights", params={"cursor": first["next_cursor"]}).json()
    assert [row["id"] for row in first["data"] + second["data"]] == [packed.json()["id"], form["id"]]


def test_an_invalid_file_is_rejected_with_all_errors_and_not_stored(client: TestClient, settings: Settings) -> None:
    state = net()
    state["0.weight"][1, 1], state["4.bias"][2] = np.nan, np.inf
    response = client.post("/v1/weights", content=safetensors.numpy.save(state), headers=OCTETS)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_weights")
    assert pointers(response.json()) == ["/0.weight", "/4.bias"]
    cut = client.post("/v1/weights", content=safetensors.numpy.save(net())[:-1], headers=OCTETS)
    assert (cut.status_code, cut.json()["code"]) == (422, "invalid_weights")
    assert client.post("/v1/weights", content="a,b\n", headers={"Content-Type": "text/csv"}).status_code == 415
    assert client.get("/v1/weights").json()["data"] == []
    assert list((settings.data / "uploads").iterdir()) == []
    with snapshot(client.app.state.services.sessions) as tx:  # type: ignore[attr-defined]  # Starlette hides FastAPI's
        assert tx.scalar(select(func.count()).select_from(Blob)) == 0


def test_weights_cannot_be_deleted_while_a_job_needs_them(client: TestClient, work: Callable[[], None]) -> None:
    body = job(client, net(), training={"epochs": 0})
    path = f"/v1/weights/{body['init_from']['weights_id']}"
    link = client.post("/v1/jobs", json=body).json()["links"]["self"]
    response = client.delete(path)
    assert (response.status_code, response.json()["code"]) == (409, "weights_in_use")
    work()
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.get(link).json()["state"] == "succeeded"
    assert client.post(f"{link}/retry").status_code == 404


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16], ids=["float32", "float64", "float16"])
def test_an_uploaded_network_predicts_the_same_without_training(
    client: TestClient, work: Callable[[], None], dtype: Any
) -> None:
    state = net(dtype=dtype)
    trained = train(client, work, job(client, state, training={"epochs": 0}))
    assert trained["spec"]["init_from"] | {"weights_id": ""} == {
        "weights_id": "",
        "freeze_layers": 0,
        "new_head": False,
        "layers": 2,
        "head": True,
    }
    assert not [warning for warning in trained["warnings"] if warning["code"] == "weights_unused"]
    for name, values in weights(client, trained).items():
        np.testing.assert_array_equal(values, state[name].astype(np.float32))
    rows = [{"length": 1.5, "width": 2.0}, {"length": -0.5, "width": 0.25}]
    predictions = client.post(f"{trained['links']['model']}/predictions", json={"rows": rows}).json()["predictions"]
    logits = answers(state, np.array([list(row.values()) for row in rows], dtype))
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    found = [[row["probabilities"][kind] for kind in ("iris", "rose", "tulip")] for row in predictions]
    np.testing.assert_allclose(found, expected, rtol=2e-3 if dtype == np.float16 else 1e-5)
    lineage = client.get(trained["links"]["model"]).json()["lineage"]
    assert (lineage["base_weights_id"], lineage["base_model_id"]) == (trained["spec"]["init_from"]["weights_id"], None)


def test_an_uploaded_regression_network_predicts_in_the_target_units(
    client: TestClient, work: Callable[[], None]
) -> None:
    state = net(outputs=1)
    features = [{"column": "size", "encoding": "none"}, {"column": "age", "encoding": "none"}]
    body = job(client, state, prices(), features=features, training={"epochs": 0}) | {"target": "price"}
    trained = train(client, work, body)
    rows = [{"size": 90.0, "age": 12.0}]
    predictions = client.post(f"{trained['links']['model']}/predictions", json={"rows": rows}).json()["predictions"]
    assert predictions[0]["value"] == pytest.approx(answers(state, np.array([[90.0, 12.0]]))[0, 0], rel=1e-2)
    np.testing.assert_allclose(weights(client, trained)["4.weight"], state["4.weight"], rtol=1e-4)


def test_frozen_layers_stay_bit_identical_and_a_new_head_learns(client: TestClient, work: Callable[[], None]) -> None:
    state = net(outputs=7)
    fast = {"epochs": 40, "batch_size": 8, "optimizer": {"type": "adam", "learning_rate": 0.05}}
    body = job(client, state, init_from={"freeze_layers": 2}, training=fast)
    trained = train(client, work, body)
    assert trained["spec"]["init_from"]["head"] is False
    assert trained["spec"]["training"]["frozen"] == [0, 1]
    unused = [warning for warning in trained["warnings"] if warning["code"] == "weights_unused"]
    assert "4.bias [7], 4.weight [7, 4]." in unused[0]["detail"]
    assert "4.weight has shape [7, 4]; output needs [3, 4]" in unused[0]["detail"]
    after = weights(client, trained)
    for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
        np.testing.assert_array_equal(after[name], state[name])
    assert after["4.weight"].shape == (3, 4)
    assert client.get(f"{trained['links']['model']}/evaluation").json()["accuracy"] > 0.8


def test_new_head_initializes_the_output_layer_randomly(client: TestClient, work: Callable[[], None]) -> None:
    state = net()
    drawn = train(client, work, job(client, state, init_from={"new_head": True}, training={"epochs": 0}))
    assert drawn["spec"]["init_from"]["head"] is False
    after = weights(client, drawn)
    assert np.array_equal(after["2.weight"], state["2.weight"])
    assert not np.array_equal(after["4.weight"], state["4.weight"])
    assert any(warning["code"] == "weights_unused" for warning in drawn["warnings"])
    body = {"dataset_id": drawn["dataset_id"], "target": "kind", "training": {"epochs": 0, "seed": 9}}
    for new_head in (False, True):
        init = {"model_id": drawn["model_id"], "new_head": new_head}
        again = weights(client, train(client, work, {**body, "init_from": init}))
        assert np.array_equal(again["2.weight"], after["2.weight"])
        assert np.array_equal(again["4.weight"], after["4.weight"]) is not new_head


def rejected(client: TestClient, body: dict[str, Any]) -> list[tuple[str, str]]:
    response = client.post("/v1/jobs", json=body)
    assert response.status_code == 422, response.text
    preview = client.post("/v1/jobs?validate_only=true", json=body)
    assert preview.json()["errors"] == response.json()["errors"]
    return [(error["pointer"], error["detail"]) for error in response.json()["errors"]]


def test_all_mismatches_are_reported_at_submission(client: TestClient) -> None:
    body = job(client, net(inputs=3))
    problems = rejected(client, body)
    assert {pointer for pointer, _ in problems} == {"/init_from/weights_id"}
    assert "0.weight has shape [5, 3]; layers[0] (dense) needs [5, 2]. The features make 2 inputs." in problems[0][1]
    assert "Expected first: 0.weight [5, 2], 0.bias [5]. The file has" in problems[-1][1]
    renamed = {f"hidden.{name}": values for name, values in net().items()}
    problems = rejected(client, job(client, renamed))
    assert problems[0][1].startswith("0.weight is missing; layers[0] (dense) needs it with shape [5, 2].")
    assert "hidden.0.weight [5, 2]" in problems[-1][1]
    partly = net() | {"2.weight": np.zeros((9, 5), np.float32)}
    problems = rejected(client, job(client, partly, init_from={"freeze_layers": 2}))
    assert [pointer for pointer, _ in problems] == ["/init_from/freeze_layers", "/init_from/weights_id"]
    assert "2.weight has shape [9, 5]" in problems[1][1]
    assert client.post("/v1/jobs", json=job(client, partly, init_from={"freeze_layers": 1})).status_code == 201


def test_init_from_needs_exactly_one_existing_source(client: TestClient) -> None:
    body = job(client, net())
    for init in ({}, {"weights_id": "wts_1", "model_id": "mdl_1"}, {"freeze_layers": 1}):
        assert pointers(client.post("/v1/jobs", json={**body, "init_from": init}).json()) == ["/init_from"]
    for init in ({"weights_id": "wts_1"}, {"weights_id": "mdl_1"}, {"weights_id": "?"}):
        assert client.post("/v1/jobs", json={**body, "init_from": init}).status_code == 404


def test_weights_for_a_different_number_of_inputs_fail_the_job(client: TestClient, work: Callable[[], None]) -> None:
    features = [*RAW, {"column": "color"}]
    problems = rejected(client, job(client, net(inputs=40), features=features))
    assert "The features make at most" in problems[0][1]
    response = client.post("/v1/jobs", json=job(client, net(inputs=3), features=features))
    assert response.status_code == 201
    work()
    failed = client.get(response.json()["links"]["self"]).json()
    assert (failed["state"], failed["error"]["code"]) == ("failed", "base_unusable")
    assert "0.weight has shape (5, 3), not (5, " in failed["error"]["detail"]
    assert "inputs: length, width, " in failed["error"]["detail"]


def test_layers_without_parameters_count_in_freeze_layers(client: TestClient, work: Callable[[], None]) -> None:
    state = {f"{int(name[0]) + 1}{name[1:]}": values for name, values in net().items()}
    layers = {"layers": [{"type": "dropout", "rate": 0.1}, *LAYERS["layers"]]}
    body = job(client, state, model=layers, init_from={"freeze_layers": 2}, training={"epochs": 1})
    trained = train(client, work, body)
    assert (trained["spec"]["init_from"]["layers"], trained["spec"]["training"]["frozen"]) == (3, [1])
    assert np.array_equal(weights(client, trained)["1.weight"], state["1.weight"])


class TestSmallQuota:
    """Uploads over the storage quota are rejected."""

    @pytest.fixture
    def limits(self) -> ServiceLimits:
        return ServiceLimits(max_project_bytes=2000)

    def test_uploads_over_the_quota_are_rejected_until_something_is_deleted(self, client: TestClient) -> None:
        first = send(client, net())
        data = safetensors.numpy.save(net(outputs=200))
        full = client.post("/v1/weights", content=data, headers=OCTETS)
        assert (full.status_code, full.json()["code"]) == (429, "quota_exceeded")
        assert full.headers["RateLimit-Policy"] == '"bytes";q=2000'
        table = client.post("/v1/datasets", content=flowers(), headers={"Content-Type": "text/csv"})
        assert (table.status_code, table.json()["code"]) == (429, "quota_exceeded")
        client.delete(f"/v1/weights/{first['id']}")
        send(client, net(outputs=60))
