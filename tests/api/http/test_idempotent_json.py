"""Idempotency-Key: the same JSON is the same request, however it is written."""

from typing import Any

from fastapi.testclient import TestClient


def test_white_space_and_the_order_of_fields_do_not_count(client: TestClient, dataset: dict[str, Any]) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "one"}
    first = client.post("/v1/jobs", headers=headers, content=f'{{"dataset_id":"{dataset["id"]}","target":"kind"}}')
    body = f'{{ "target": "kind", "dataset_id": "{dataset["id"]}" }}'
    second = client.post("/v1/jobs", headers=headers, content=body)
    assert (second.status_code, second.json()["id"]) == (201, first.json()["id"])
    assert second.headers["Idempotency-Replayed"] == "true"
    third = client.post("/v1/jobs", headers=headers, content=body.replace("kind", "other"))
    assert (third.status_code, third.json()["code"]) == (422, "idempotency_mismatch")


def test_a_repetition_is_replayed_even_if_the_data_set_is_deleted(client: TestClient, dataset: dict[str, Any]) -> None:
    headers, body = {"Idempotency-Key": "one"}, {"dataset_id": dataset["id"], "target": "kind"}
    job = client.post("/v1/jobs", headers=headers, json=body).json()
    client.post(f"{job['links']['self']}/cancel")
    assert client.delete(f"/v1/datasets/{dataset['id']}").status_code == 204
    assert client.post("/v1/jobs", headers=headers, json=body).json()["id"] == job["id"]


def test_predictions_take_ten_thousand_rows(client: TestClient, model: dict[str, Any]) -> None:
    names = [column["name"] for column in model["preprocessing"]["features"]["columns"]]
    rows = [dict.fromkeys(names) | {names[0]: "1.5" + "0" * 200} for _ in range(10_000)]
    response = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": rows})
    assert response.status_code == 200, response.text[:300]
    assert len(response.json()["predictions"]) == 10_000
