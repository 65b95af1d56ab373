"""Features with the encoding embedding, from the request to predictions, downloads and fine-tuning."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
from fastapi.testclient import TestClient

from tests.support.api import pointers, train, upload, weights

FEATURES = [{"column": "size"}, {"column": "shop", "encoding": "embedding", "size": 4}]
LAYERS = [{"type": "dense", "units": 8}, {"type": "dense", "units": 6}]


def sales(shops: int = 40, rows: int = 400, seed: int = 7) -> str:
    """Return a table of shops with missing values, a size, and sales that depend on both."""
    rng = random.Random(seed)
    lines = ["shop,size,sales"]
    for _ in range(rows):
        shop, size = rng.randrange(shops), rng.gauss(0, 1)
        name = "" if rng.random() < 0.05 else f"s{shop}"
        lines.append(f"{name},{size:.3f},{100 + 10 * (shop % 7) + 5 * size + rng.gauss(0, 1):.2f}")
    return "\n".join(lines) + "\n"


def job_on(client: TestClient, work: Callable[[], None], csv: str, **body: Any) -> dict[str, Any]:
    """Train on a table and return the job."""
    return train(client, work, {"dataset_id": upload(client, csv)["id"], "target": "sales", **body})


def base_job(client: TestClient, work: Callable[[], None]) -> dict[str, Any]:
    return job_on(client, work, sales(), features=FEATURES, model={"layers": LAYERS}, training={"epochs": 3})


def test_an_embedded_feature_is_in_the_spec_and_trained_as_planned(
    client: TestClient, work: Callable[[], None]
) -> None:
    job = base_job(client, work)
    size, shop = job["spec"]["features"]
    assert (size["encoding"], size["size"]) == ("standardize", None)
    assert (shop["encoding"], shop["size"], shop["vectors"]) == ("embedding", 4, 42)
    first, *others = job["spec"]["model"]["layers"]
    assert first == {"type": "column_embedding", "columns": [{"column": 0, "categories": 42, "size": 4}]}
    assert [layer["units"] for layer in others] == [8, 6]
    model = client.get(job["links"]["model"]).json()
    assert model["parameters"] == job["estimate"]["parameters"] == 42 * 4 + (5 + 1) * 8 + (8 + 1) * 6 + 7
    assert {name: array.shape for name, array in weights(client, job).items() if array.ndim == 2} == {
        "0.tables.0.weight": (42, 4),
        "1.weight": (8, 5),
        "3.weight": (6, 8),
        "5.weight": (1, 6),
    }
    assert "ColumnEmbedding((0, 42, 4))" in str(model)


def test_rows_with_missing_or_unknown_categories_are_predicted(client: TestClient, work: Callable[[], None]) -> None:
    job = base_job(client, work)
    rows = [{"shop": "s1", "size": 0}, {"shop": "opened today", "size": 0}, {"shop": None, "size": 0}, {"size": 0}]
    response = client.post(f"{job['links']['model']}/predictions", json={"rows": rows})
    known, unknown, missing, absent = (prediction["value"] for prediction in response.json()["predictions"])
    assert missing == absent
    assert len({known, unknown, missing}) == 3
    wrong = client.post(f"{job['links']['model']}/predictions", json={"rows": [{"shop": 5}]})
    assert pointers(wrong.json()) == ["/rows/0/shop"]


def test_a_size_without_an_embedding_is_reported_with_all_other_errors(client: TestClient) -> None:
    dataset_id = upload(client, sales())["id"]
    features = [{"column": "size", "size": 3}, {"column": "shop", "encoding": "embedding", "size": 0}]
    body = {"dataset_id": dataset_id, "target": "sales", "features": features}
    assert pointers(client.post("/v1/jobs", json=body).json()) == ["/features/1/size"]
    features[1]["size"] = 3
    body["training"] = {"batch_size": 0}
    assert set(pointers(client.post("/v1/jobs", json=body).json())) == {"/features/0/size", "/training/batch_size"}


def test_embeddings_are_transferred_to_a_job_with_other_categories(
    client: TestClient, work: Callable[[], None]
) -> None:
    base = base_job(client, work)
    init = {"model_id": base["model_id"]}
    tuned = job_on(client, work, sales(shops=60, seed=8), init_from=init, training={"epochs": 0})
    size, shop = base["spec"]["features"]
    assert tuned["spec"]["features"] == [{**size, "missing_indicator": False}, shop]  # as the base model has it
    assert tuned["spec"]["model"] == base["spec"]["model"]
    assert tuned["spec"]["init_from"]["head"] is True
    before, after = weights(client, base), weights(client, tuned)
    np.testing.assert_array_equal(after["0.tables.0.weight"], before["0.tables.0.weight"])
    rows = {"rows": [{"shop": "s5", "size": 1}, {"shop": "s55", "size": 1}]}
    first, second = (client.post(f"{job['links']['model']}/predictions", json=rows).json() for job in (base, tuned))
    for one, other in zip(first["predictions"], second["predictions"], strict=True):
        np.testing.assert_allclose(one["value"], other["value"], rtol=1e-4)


def test_embeddings_are_frozen_with_the_first_layer_and_not_counted(
    client: TestClient, work: Callable[[], None]
) -> None:
    base = base_job(client, work)
    learned = {name: array for name, array in weights(client, base).items() if name.endswith("weight")}
    kept = {0: set[str](), 1: {"0.tables.0.weight", "1.weight"}}
    for freeze, names in kept.items():
        init = {"model_id": base["model_id"], "freeze_layers": freeze}
        tuned = job_on(client, work, sales(seed=8), init_from=init, training={"epochs": 2})
        after = weights(client, tuned)
        assert {name for name in learned if np.array_equal(after[name], learned[name])} == names
        assert tuned["spec"]["init_from"]["freeze_layers"] == freeze


def test_new_layers_can_use_learned_embeddings(client: TestClient, work: Callable[[], None]) -> None:
    base = base_job(client, work)
    init, model = {"model_id": base["model_id"]}, {"layers": [{"type": "dense", "units": 5}]}
    tuned = job_on(client, work, sales(seed=8), init_from=init, model=model, training={"epochs": 0})
    assert tuned["spec"]["init_from"]["layers"] == 1
    before, after = weights(client, base), weights(client, tuned)
    np.testing.assert_array_equal(after["0.tables.0.weight"], before["0.tables.0.weight"])
    too_many = {"dataset_id": tuned["dataset_id"], "target": "sales", "init_from": init | {"freeze_layers": 1}}
    response = client.post("/v1/jobs", json=too_many | {"model": model})
    assert pointers(response.json()) == ["/init_from/freeze_layers"]
    assert "Only 0 layers" in response.json()["errors"][0]["detail"]


def test_embeddings_of_uploaded_weights_are_used_and_frozen_uncounted(
    client: TestClient, work: Callable[[], None]
) -> None:
    base = base_job(client, work)
    data = client.get(f"{base['links']['model']}/weights").content
    sent = client.post("/v1/weights", content=data, headers={"Content-Type": "application/octet-stream"}).json()
    body = {"features": FEATURES, "model": {"layers": LAYERS}, "training": {"epochs": 2}}
    init = {"weights_id": sent["id"], "freeze_layers": 1, "new_head": True}
    tuned = job_on(client, work, sales(), init_from=init, **body)
    assert tuned["spec"]["init_from"]["layers"] == 3
    before, after = weights(client, base), weights(client, tuned)
    same = {name for name in before if np.array_equal(before[name], after[name])}
    assert same == {"0.tables.0.weight", "1.weight", "1.bias"}
    smaller = {**body, "features": [{"column": "size"}, {**FEATURES[1], "size": 3}]}
    rejected = {"dataset_id": tuned["dataset_id"], "target": "sales", "init_from": init, **smaller}
    response = client.post("/v1/jobs", json=rejected)
    assert set(pointers(response.json())) == {"/init_from/weights_id"}
    assert "0.tables.0.weight has shape [42, 4]" in response.json()["errors"][0]["detail"]


def test_a_retry_learns_the_same_embeddings(client: TestClient, work: Callable[[], None]) -> None:
    job = base_job(client, work)
    again = client.post(f"{job['links']['self']}/retry").json()
    work()
    again = client.get(again["links"]["self"]).json()
    first, second = weights(client, job), weights(client, again)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)
