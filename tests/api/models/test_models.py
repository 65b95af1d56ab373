"""/v1/models: descriptions, downloads and predictions of models."""

import hashlib
import io
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from safetensors.numpy import load

from tests.support.api import pointers, train, upload
from tests.support.onnx_runs import as_inputs, assert_same_answers, open_session, run_onnx
from tests.support.tables import prices

ROW = {"length": 0.1, "width": 2.9, "color": "red"}


def test_a_model_describes_its_network_and_lineage(client: TestClient, model: dict[str, Any]) -> None:
    assert model["architecture"]["classes"] == ["iris", "rose", "tulip"]
    assert model["architecture"]["torch"].startswith("torch.nn.Sequential(")
    evaluation = client.get(f"/v1/models/{model['id']}/evaluation").json()
    assert model["evaluation"] == {name: evaluation[name] for name in model["evaluation"]}  # without curves
    assert model["evaluation"]["accuracy"] > 0.8
    assert model["lineage"]["job_id"] == model["job_id"]
    assert [found["id"] for found in client.get("/v1/models").json()["data"]] == [model["id"]]


def test_safetensors_and_npz_contain_the_same_weights_with_pytorch_names(
    client: TestClient, model: dict[str, Any]
) -> None:
    response = client.get(f"/v1/models/{model['id']}/weights")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{model["id"]}.safetensors"'
    assert int(response.headers["Content-Length"]) == len(response.content) == model["weights"]["bytes"]
    assert hashlib.sha256(response.content).hexdigest() == model["weights"]["sha256"]
    tensors = load(response.content)
    archive = np.load(io.BytesIO(client.get(f"/v1/models/{model['id']}/weights?format=npz").content))
    assert set(tensors) == set(archive)
    assert all(np.array_equal(tensors[name], archive[name]) for name in tensors)
    first = min(tensors, key=lambda name: int(name.split(".")[0]))
    assert tensors[f"{first.split('.')[0]}.weight"].shape[1] == model["architecture"]["inputs"]
    assert {name.split(".")[1] for name in tensors} == {"weight", "bias"}


def test_the_onnx_file_answers_raw_rows_as_the_service_does(client: TestClient, model: dict[str, Any]) -> None:
    url = f"/v1/models/{model['id']}"
    rows = [ROW, {"length": 7.5, "color": "unseen"}, {"width": 1.25}, {"color": ""}]
    answers = client.post(f"{url}/predictions", json={"rows": rows}).json()["predictions"]
    response = client.get(f"{url}/weights?format=onnx")
    assert response.headers["Content-Disposition"] == f'attachment; filename="{model["id"]}.onnx"'
    session = open_session(response.content)
    assert_same_answers(run_onnx(response.content, as_inputs(session, rows)), answers)
    assert [(port.name, port.type, port.shape) for port in session.get_inputs()] == [
        ("length", "tensor(double)", ["rows", 1]),
        ("width", "tensor(double)", ["rows", 1]),
        ("color", "tensor(string)", ["rows", 1]),
    ]


def test_the_onnx_file_of_an_ensemble_answers_with_intervals_as_the_service_does(
    client: TestClient, work: Callable[[], None]
) -> None:
    body = {"dataset_id": upload(client, prices(160))["id"], "target": "price", "preset": "balanced"}
    job = train(client, work, body | {"training": {"epochs": 2}})
    rows = [{"size": 60.5, "age": 3}, {"size": None, "age": 1e6}]
    url = job["links"]["model"]
    answers = client.post(f"{url}/predictions", json={"rows": rows, "interval": 0.9}).json()["predictions"]
    data = client.get(f"{url}/weights?format=onnx").content
    assert_same_answers(run_onnx(data, as_inputs(open_session(data), rows)), answers)


def test_a_server_without_the_package_says_how_to_get_onnx_files(
    client: TestClient, model: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    refused = client.get(f"/v1/models/{model['id']}/weights?format=onnx")
    assert (refused.status_code, refused.json()["code"]) == (422, "format_unavailable")
    assert "backprop[onnx]" in refused.json()["detail"]


@pytest.mark.parametrize("format_name", ["safetensors", "npz", "onnx"])
def test_a_download_can_be_resumed_and_is_skipped_if_current(
    client: TestClient, model: dict[str, Any], format_name: str
) -> None:
    url = f"/v1/models/{model['id']}/weights?format={format_name}"
    whole = client.get(url)
    part = client.get(url, headers={"Range": "bytes=10-99", "If-Range": whole.headers["ETag"]})
    assert (part.status_code, part.content) == (206, whole.content[10:100])
    assert part.headers["Content-Range"] == f"bytes 10-99/{len(whole.content)}"
    assert client.get(url, headers={"Range": "bytes=-5"}).content == whole.content[-5:]
    assert client.get(url, headers={"Range": "bytes=10-", "If-Range": '"other"'}).content == whole.content
    assert client.get(url, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    head = client.head(url)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, str(len(whole.content)), b"")
    outside = client.get(url, headers={"Range": "bytes=99999999-"})
    assert (outside.status_code, outside.json()["code"]) == (416, "range_not_satisfiable")


def test_the_downloaded_weights_give_the_same_predictions(client: TestClient, model: dict[str, Any]) -> None:
    tensors = load(client.get(f"/v1/models/{model['id']}/weights").content)
    features = {column["name"]: column for column in model["preprocessing"]["features"]["columns"]}
    x = inputs_of(ROW, features, model["architecture"]["input_names"])
    places = sorted({int(name.split(".")[0]) for name in tensors})
    for place in places:
        x = tensors[f"{place}.weight"] @ x + tensors[f"{place}.bias"]
        if place != places[-1]:
            x = np.maximum(x, 0)
    expected = np.exp(x) / np.exp(x).sum()
    response = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": [ROW]}).json()["predictions"][0]
    assert list(response["probabilities"].values()) == pytest.approx(expected.tolist(), abs=1e-5)


def inputs_of(row: dict[str, Any], features: dict[str, Any], names: list[str]) -> np.ndarray[Any, Any]:
    """Preprocess rows by hand, as the model describes it."""
    values: list[float] = []
    for name, column in features.items():
        if column["encoding"] == "standardize":
            values.append((row[name] - column["mean"]) / column["stddev"])
        else:
            slots = [*column["categories"], *(["?"] if column["other"] else []), *(["-"] if column["missing"] else [])]
            values += [float(slot == row[name]) for slot in slots]
    assert len(values) == len(names)
    return np.array(values, np.float32)


def test_rows_are_predicted_in_order_with_missing_and_unknown_values(client: TestClient, model: dict[str, Any]) -> None:
    rows = [ROW, {"length": 4.1, "width": 1.0, "color": "white"}, {"length": 4.1}, {**ROW, "color": "violet"}]
    predictions = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": rows}).json()["predictions"]
    assert [p["label"] for p in predictions][:2] == ["iris", "tulip"]
    assert len(predictions) == 4
    for prediction in predictions:
        assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-6)
        assert max(prediction["probabilities"], key=prediction["probabilities"].get) == prediction["label"]


def test_rows_in_the_form_of_the_file_get_the_same_predictions(client: TestClient, model: dict[str, Any]) -> None:
    rows = [ROW, {"length ": "0.1", "width": " 2.9", "color": "red "}, {**ROW, "color": "?"}, {**ROW, "color": None}]
    predictions = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": rows}).json()["predictions"]
    assert predictions[0] == predictions[1]
    assert predictions[2] == predictions[3]


def test_a_misspelled_column_is_rejected_with_the_nearest_name(client: TestClient, model: dict[str, Any]) -> None:
    response = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": [{**ROW, "Color": "red"}]})
    assert response.status_code == 422
    assert "'color'" in response.json()["errors"][0]["detail"]


def test_invalid_values_are_reported_with_row_and_column(client: TestClient, model: dict[str, Any]) -> None:
    rows = [ROW, {**ROW, "length": "long"}, {**ROW, "width": [1], "color": 5}]
    response = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": rows})
    assert response.status_code == 422
    assert {"/rows/1/length", "/rows/2/width"} <= set(pointers(response.json()))


@pytest.mark.parametrize("body", [{}, {"rows": []}, {"rows": [{}] * 10_001}, {"rows": [1]}, {"rows": [ROW], "x": 1}])
def test_a_prediction_request_without_rows_is_rejected(client: TestClient, model: dict[str, Any], body: Any) -> None:
    response = client.post(f"/v1/models/{model['id']}/predictions", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_request")


def test_deleting_a_model_deletes_its_weights(client: TestClient, model: dict[str, Any]) -> None:
    assert client.delete(f"/v1/models/{model['id']}").status_code == 204
    assert client.get(f"/v1/models/{model['id']}/weights").status_code == 404
    assert client.post(f"/v1/models/{model['id']}/predictions", json={"rows": [ROW]}).status_code == 404


def test_the_job_of_a_deleted_model_no_longer_links_to_it(client: TestClient, model: dict[str, Any]) -> None:
    url = f"/v1/jobs/{model['job_id']}"
    before = client.get(url)
    client.delete(f"/v1/models/{model['id']}")
    after = client.get(url, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.json()["model_id"], after.json()["links"]["model"]) == (200, None, None)
    assert client.delete(url).status_code == 204


def test_explained_predictions_add_up(client: TestClient, model: dict[str, Any]) -> None:
    url = f"/v1/models/{model['id']}/predictions"
    plain = client.post(url, json={"rows": [ROW, {"length": 1}], "explain": False}).json()["predictions"]
    found = client.post(url, json={"rows": [ROW, {"length": 1}], "explain": True}).json()["predictions"]
    for answer, expected in zip(found, plain, strict=True):
        contributions, baseline = answer.pop("contributions"), answer.pop("baseline")
        assert answer == expected
        assert list(contributions) == ["length", "width", "color"]
        probability = answer["probabilities"][answer["label"]]
        assert sum(contributions.values()) == pytest.approx(probability - baseline, abs=1e-6)


def test_label_sets_and_their_limits(client: TestClient, work: Callable[[], None], dataset: dict[str, Any]) -> None:
    training = {"epochs": 1, "validation": {"fraction": 0.2}}
    job = train(client, work, {"dataset_id": dataset["id"], "target": "kind", "training": training})
    url = f"/v1/models/{job['model_id']}/predictions"
    (answer,) = client.post(url, json={"rows": [ROW], "interval": 0.5}).json()["predictions"]
    assert answer["set"][0] == answer["label"]
    refused = client.post(url, json={"rows": [ROW], "interval": 0.99})
    assert refused.status_code == 422
    (problem,) = refused.json()["errors"]
    assert problem["pointer"] == "/interval"
    assert "too few for intervals of 0.99. Use a level up to 0." in problem["detail"]
    for level in (0.4, 1, "wide"):
        response = client.post(url, json={"rows": [ROW], "interval": level})
        assert pointers(response.json()) == ["/interval"]


def test_an_evaluation_has_curves_and_importance_and_its_summary_has_not(
    client: TestClient, model: dict[str, Any]
) -> None:
    found = client.get(f"/v1/models/{model['id']}/evaluation").json()
    assert found["rows"] == found["validation"]["rows"]
    assert {curve["label"] for curve in found["roc"]} <= {each["label"] for each in found["per_class"]}
    assert {each["column"] for each in found["importance"]["columns"]} == {"length", "width", "color"}
    assert found["calibration"]["temperature"] > 0
    summary = client.get(f"/v1/models/{model['id']}").json()["evaluation"]
    assert summary["accuracy"] == found["accuracy"]
    assert "roc" not in summary
