"""Batches: predictions for a whole data set equal single predictions, and every refusal says what to do."""

import csv
import io
import json
import math
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from store.db.transaction import snapshot
from store.tables import WebhookDelivery
from tests.support.api import pointers, train, upload
from tests.support.tables import flowers, prices

Work = Callable[[], None]


def create(client: TestClient, model_id: str, dataset: dict[str, Any], **body: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/models/{model_id}/batches", json={"dataset_id": dataset["id"], **body})
    assert answer.status_code == 201, answer.text
    batch: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == batch["links"]["self"]
    return batch


def finish(client: TestClient, work: Work, batch: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Run a batch; return it as succeeded, with the rows of its result."""
    work()
    ended = client.get(batch["links"]["self"]).json()
    assert ended["state"] == "succeeded", ended["error"]
    rows = list(csv.DictReader(io.StringIO(client.get(ended["links"]["content"]).text)))
    assert list(rows[0]) == ended["columns"]
    return ended, rows


def flat(prediction: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return the fields of a prediction under the names that the result of a batch has."""
    fields = dict[str, Any]()
    for name, value in prediction.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            fields |= flat(value, f"{key}.")
        elif name == "survival":
            fields |= {f"{key}.{point['time']:g}": point["probability"] for point in value}
        else:
            fields[key] = json.dumps(value) if isinstance(value, list) else value
    return fields


def assert_equal(rows: list[dict[str, str]], predictions: list[dict[str, Any]], keys: int = 1) -> None:
    for row, prediction in zip(rows, predictions, strict=True):
        expected = flat(prediction)
        assert list(row)[keys:] == list(expected)
        for name, value in expected.items():
            if isinstance(value, float):
                assert math.isclose(float(row[name]), value, rel_tol=1e-6, abs_tol=1e-6), name
            else:
                assert row[name] == ("" if value is None else value)


def sample(rows: int = 300) -> str:
    """Return CSV of which every kind of target can be learned."""
    rng = np.random.default_rng(3)
    x, color = rng.normal(size=rows), rng.choice(["red", "blue", 'say "hi", or\nnot'], rows)
    columns = {
        "id": [f"={number}+1" for number in range(rows)],
        "at": [f"2026-01-{1 + number % 28:02} 10:00:00" for number in range(rows)],
        "x": [f"{value:.4f}" if number % 7 else "" for number, value in enumerate(x)],
        "color": color,
        "label": np.where(x > 0, "high", "low"),
        "amount": np.round(np.exp(x) * 100 + 5, 2),
        "years": rng.uniform(0.5, 3, rows).round(2),
        "ended": rng.choice(["true", "false"], rows),
    }
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


FEATURES = {"features": [{"column": "x"}, {"column": "color"}]}
TARGETS: list[dict[str, Any]] = [
    {"target": "label", "preset": "balanced", "training": {"epochs": 4}},
    {"target": "color", "features": [{"column": "x"}, {"column": "amount"}], "training": {"epochs": 4}},
    {"target": "amount", **FEATURES, "training": {"epochs": 4}, "ensemble": {"type": "folds", "folds": 3}},
    {"target": "amount", **FEATURES, "training": {"epochs": 3, "loss": {"type": "quantile", "quantiles": [0.1, 0.5]}}},
    {"target": "amount", **FEATURES, "exposure": "years", "training": {"epochs": 3, "loss": "poisson"}},
    {"target": ["label", "amount"], **FEATURES, "training": {"epochs": 3}},
    {"target": "years", **FEATURES, "censored": "ended", "training": {"epochs": 3, "loss": "cox"}},
]


def test_batches_equal_single_predictions_for_every_kind_of_target(client: TestClient, work: Work) -> None:
    dataset = upload(client, sample())
    source = list(csv.DictReader(io.StringIO(sample())))
    for body in TARGETS:
        job = train(client, work, {"dataset_id": dataset["id"], **body})
        path = f"/v1/models/{job['model_id']}"
        interval = {} if "censored" in body else {"interval": 0.8}
        _, rows = finish(client, work, create(client, job["model_id"], dataset, **interval))
        probe = {name: source[0][name] for name in source[0]}
        problem = client.post(f"{path}/predictions", json={"rows": [probe]}).json()
        unknown = {each["pointer"].rpartition("/")[2] for each in problem.get("errors", ())}
        sent = [{name: value for name, value in row.items() if name not in unknown} for row in source]
        predicted = client.post(f"{path}/predictions", json={"rows": sent, **interval}).json()["predictions"]
        assert_equal(rows, predicted)
        assert [row["row"] for row in rows] == [str(number + 1) for number in range(len(source))]


def test_keys_are_copied_and_parquet_has_the_same_values(client: TestClient, work: Work, tmp_path: Any) -> None:
    dataset = upload(client, sample())
    job = train(client, work, {"dataset_id": dataset["id"], "target": "label", **FEATURES, "training": {"epochs": 3}})
    keys = ["id", "label", "at", "x", "color"]
    as_csv, rows = finish(client, work, create(client, job["model_id"], dataset, key_columns=keys))
    expected = [*keys, "label_2", "probabilities.high", "probabilities.low"]
    assert as_csv["columns"] == expected
    assert as_csv["ignored_columns"] == ["amount", "years", "ended"]
    source = list(csv.DictReader(io.StringIO(sample())))
    assert [[row["id"], row["label"], row["color"]] for row in rows] == [
        [row["id"], row["label"], row["color"]] for row in source
    ]
    assert rows[0]["at"] == "2026-01-01T10:00:00.000000Z"
    assert {row["x"] for row in rows[::7]} == {""}
    made = create(client, job["model_id"], dataset, key_columns=keys, format="parquet")
    work()
    content = client.get(f"{made['links']['self']}/content")
    assert content.headers["Content-Type"] == "application/vnd.apache.parquet"
    (file := tmp_path / "result.parquet").write_bytes(content.content)
    found = duckdb.sql(f"FROM read_parquet('{file}')")
    assert found.columns == expected
    assert [str(kind) for kind in found.types] == ["VARCHAR"] * 2 + ["TIMESTAMP", "DOUBLE"] + ["VARCHAR"] * 2 + [
        "DOUBLE",
        "DOUBLE",
    ]
    for row, cells in zip(rows, found.fetchall(), strict=True):
        assert [row["id"], row["label"], row["color"]] == [cells[0], cells[1], cells[4]]
        assert [float(row[name]) for name in expected[-2:]] == list(cells[-2:])


def test_everything_that_does_not_fit_is_listed_before_anything_is_queued(client: TestClient, work: Work) -> None:
    dataset = upload(client, flowers())
    job = train(client, work, {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 2}})
    other = upload(client, "length,colors,id\nlong,red,1\nshort,blue,2\n")
    path = f"/v1/models/{job['model_id']}/batches"
    body = {"dataset_id": other["id"], "key_columns": ["idd", "id", "id"]}
    problem = client.post(path, json=body)
    assert problem.status_code == 422
    assert pointers(problem.json()) == ["/dataset_id"] * 3 + ["/key_columns/0", "/key_columns/2"]
    details = " ".join(error["detail"] for error in problem.json()["errors"])
    for part in ("'width'", "'color', a feature of the model", "'colors'", "types=length:number", "Did you mean 'id'"):
        assert part in details
    assert client.post(path, json={"dataset_id": dataset["id"], "interval": 0.4}).status_code == 422
    assert client.post(path, json={"dataset_id": dataset["id"], "interval": 0.99}).status_code == 422
    assert client.post(path, json={"dataset_id": dataset["id"].replace("ds_0", "ds_1")}).status_code == 404
    foreign = path.replace("mdl_0", "mdl_1")
    assert client.post(foreign, json={"dataset_id": dataset["id"]}).status_code == 404
    assert client.get("/v1/batches").json()["data"] == []


@pytest.fixture
def batch(client: TestClient, work: Work) -> dict[str, Any]:
    """A queued batch."""
    dataset = upload(client, prices())
    job = train(client, work, {"dataset_id": dataset["id"], "target": "price", "training": {"epochs": 2}})
    return create(client, job["model_id"], dataset, metadata={"team": "sales"})


def test_a_batch_is_a_resource_of_its_own(client: TestClient, work: Work, batch: dict[str, Any]) -> None:
    path = batch["links"]["self"]
    assert (batch["state"], batch["queue"]["jobs_ahead"], batch["result"]) == ("queued", 0, None)
    assert client.get(f"/v1/jobs/{batch['id']}").status_code == 404
    assert client.post(f"/v1/jobs/{batch['id']}/cancel").status_code == 404
    assert client.get(f"/v1/jobs/{batch['id']}/events").status_code == 404
    assert all(job["id"].startswith("job_") for job in client.get("/v1/jobs").json()["data"])
    assert client.get("/v1/jobs", params={"metadata.team": "sales"}).json()["data"] == []
    for filters in ({}, {"state": "queued"}, {"model_id": batch["model_id"]}, {"metadata.team": "sales"}):
        listed = client.get("/v1/batches", params={**filters, "created_after": "2026-01-01T00:00:00Z"}).json()
        assert [each["id"] for each in listed["data"]] == [batch["id"]], filters
    assert client.get("/v1/batches", params={"state": "failed"}).json()["data"] == []
    missing = client.get(f"{path}/content")
    assert (missing.status_code, missing.json()["code"]) == (409, "not_ready")
    for used in (batch["links"]["model"], batch["links"]["dataset"]):
        refused = client.delete(used)
        assert refused.status_code == 409
        assert "batch" in refused.json()["detail"]
    assert client.delete(path).json()["code"] == "not_ready"
    queued = client.get(path).headers["ETag"]
    ended, rows = finish(client, work, batch)
    assert client.get(path, headers={"Prefer": "wait=9", "If-None-Match": queued}).status_code == 200
    assert (ended["progress"]["rows"], ended["rows"], len(rows)) == (120, 120, 120)
    assert [each["state"] for each in ended["transitions"]] == ["queued", "running", "succeeded"]
    assert ended["actual"]["seconds"] > 0
    content = client.get(f"{path}/content", headers={"Range": "bytes=0-2"})
    assert (content.status_code, content.content) == (206, b"row")
    assert content.headers["Content-Disposition"] == f'attachment; filename="{batch["id"]}.csv"'
    assert content.headers["ETag"] == f'"{ended["result"]["sha256"]}"'
    usage = client.get("/v1/usage", params={"group": "total"}).json()["data"][0]
    assert usage["prediction_rows"] == 120
    assert usage["jobs"]["succeeded"] == 1
    assert client.post(f"{path}/cancel").json()["code"] == "job_finished"
    assert client.delete(path, headers={"If-Match": queued}).status_code == 412
    assert client.delete(path, headers={"If-Match": client.get(path).headers["ETag"]}).status_code == 204
    assert client.get(path).status_code == client.get(f"{path}/content").status_code == 404
    assert client.delete(batch["links"]["model"]).status_code == 204


def test_a_queued_batch_is_canceled_at_once_and_its_creation_is_idempotent(
    client: TestClient, work: Work, batch: dict[str, Any]
) -> None:
    body = {"dataset_id": batch["dataset_id"]}
    keyed = {"Idempotency-Key": "score-1"}
    first, again = (client.post(f"{batch['links']['model']}/batches", json=body, headers=keyed) for _ in range(2))
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    canceled = client.post(f"{batch['links']['self']}/cancel", headers={"If-Match": '"x"'})
    assert canceled.status_code == 412
    canceled = client.post(f"{batch['links']['self']}/cancel")
    assert (canceled.json()["state"], canceled.json()["actual"]) == ("canceled", None)
    work()
    assert client.get(first.headers["Location"]).json()["state"] == "succeeded"
    assert client.get(batch["links"]["self"]).json()["state"] == "canceled"
    assert "Create a new batch" in client.get(f"{batch['links']['self']}/content").json()["detail"]


def test_webhooks_report_that_a_batch_has_finished(client: TestClient, work: Work, batch: dict[str, Any]) -> None:
    hook = {"url": "https://hooks.example.com/x", "events": ["batch.finished", "job.succeeded"]}
    assert client.post("/v1/webhooks", json=hook).status_code == 201
    work()
    with snapshot(client.app.state.services.sessions) as tx:  # type: ignore[attr-defined]
        (body,) = tx.scalars(select(WebhookDelivery.body))
    event = json.loads(body)
    assert event["type"] == "batch.finished"
    path = batch["links"]["self"]
    links = {"self": path, "content": f"{path}/content"}
    assert event["data"] == {"id": batch["id"], "state": "succeeded", "error_code": None, "links": links}
