"""Deep networks through the service: images from flat columns, sequences, several targets."""

import math
import random
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.support.api import train, upload


def spirals(rows: int = 800, seed: int = 1) -> str:
    """Return a table of two intertwined spirals."""
    rng = random.Random(seed)
    lines = ["x,y,arm"]
    for _ in range(rows):
        arm, angle = rng.randrange(2), rng.uniform(0.3, 3 * math.pi)
        turned = angle + math.pi * arm
        x, y = (angle / 5 * f(turned) + rng.gauss(0, 0.01) for f in (math.cos, math.sin))
        lines.append(f"{x:.4f},{y:.4f},{'ab'[arm]}")
    return "\n".join(lines) + "\n"


def bars(rows: int = 300, seed: int = 1) -> str:
    """Return a table of 6 by 6 images with a horizontal or a vertical bar."""
    rng = random.Random(seed)
    lines = [",".join([*(f"p{at}" for at in range(36)), "bar"])]
    for _ in range(rows):
        upright, place = rng.random() < 0.5, rng.randrange(6)
        lit = [(at % 6 if upright else at // 6) == place for at in range(36)]
        pixels = [f"{on + rng.gauss(0, 0.2):.2f}" for on in lit]
        lines.append(",".join([*pixels, "upright" if upright else "flat"]))
    return "\n".join(lines) + "\n"


def sorting(rows: int = 2000, seed: int = 1) -> str:
    """Return a table of two to four numbers and the same numbers sorted, with empty cells and 9 after their end."""
    rng = random.Random(seed)
    lines = ["a,b,c,d,first,second,third,fourth"]
    for _ in range(rows):
        numbers = [rng.randrange(1, 6) for _ in range(rng.randrange(2, 5))]
        ended = 4 - len(numbers)
        lines.append(",".join([*map(str, numbers), *[""] * ended, *map(str, sorted(numbers)), *["9"] * ended]))
    return "\n".join(lines) + "\n"


def model_of(client: TestClient, work: Callable[[], None], csv: str, body: dict[str, Any]) -> dict[str, Any]:
    """Train and return the model."""
    job = train(client, work, {"dataset_id": upload(client, csv)["id"], **body})
    model: dict[str, Any] = client.get(job["links"]["model"]).json()
    return model


def test_two_spirals_are_separated(client: TestClient, work: Callable[[], None]) -> None:
    layers = [{"type": "dense", "units": 32, "activation": "tanh"}] * 2
    training = {"epochs": 150, "batch_size": 32, "optimizer": {"type": "adam", "learning_rate": 0.01}}
    model = model_of(client, work, spirals(), {"target": "arm", "model": {"layers": layers}, "training": training})
    assert model["evaluation"]["accuracy"] >= 0.97


def test_a_convolutional_network_learns_images_from_flat_columns(client: TestClient, work: Callable[[], None]) -> None:
    layers = [
        {"type": "reshape", "shape": [1, 6, 6]},
        {"type": "conv2d", "channels": 4, "kernel": 3, "padding": 1},
        {"type": "max_pool"},
        {"type": "flatten"},
        {"type": "dense", "units": 16},
    ]
    body = {"target": "bar", "model": {"layers": layers}, "training": {"epochs": 15, "batch_size": 16}}
    model = model_of(client, work, bars(), body)
    assert model["evaluation"]["accuracy"] >= 0.95
    row = dict(zip((f"p{at}" for at in range(36)), (float(at % 6 == 2) for at in range(36)), strict=True))
    response = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": [row]}).json()
    assert response["predictions"][0]["label"] == "upright"


def test_layers_that_do_not_fit_are_rejected_with_a_pointer(client: TestClient) -> None:
    layers = [{"type": "reshape", "shape": [1, 6, 7]}, {"type": "flatten"}]
    body = {"dataset_id": upload(client, bars(40))["id"], "target": "bar", "model": {"layers": layers}}
    response = client.post("/v1/jobs", json=body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/model/layers/0"


def test_a_small_transformer_sorts_sequences_of_different_lengths(client: TestClient, work: Callable[[], None]) -> None:
    layers = [
        {"type": "embedding", "vocabulary": 6, "units": 32, "padding": 0},
        {"type": "positions", "kind": "learned"},
        {"type": "residual", "layers": [{"type": "layer_norm"}, {"type": "attention", "heads": 4}]},
        {
            "type": "residual",
            "layers": [
                {"type": "layer_norm"},
                {"type": "dense", "units": 64, "activation": "gelu"},
                {"type": "dense", "units": 32, "activation": "linear"},
            ],
        },
        {"type": "layer_norm"},
    ]
    training = {
        "epochs": 12,
        "batch_size": 32,
        "optimizer": {"type": "adam", "learning_rate": 0.005},
        "schedule": {"type": "cosine", "warmup_steps": 20},
    }
    body = {
        "target": ["first", "second", "third", "fourth"],
        "features": [{"column": name, "encoding": "none"} for name in "abcd"],
        "model": {"layers": layers},
        "training": training,
    }
    model = model_of(client, work, sorting(), body)
    assert model["evaluation"]["all_right"] >= 0.95
    rows = [{"a": 3, "b": 1, "c": 5, "d": 2}, {"a": 4, "b": 1}]
    found = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": rows}).json()["predictions"]
    labels = [[int(each["targets"][name]["label"]) for name in body["target"]] for each in found]
    assert labels == [[1, 2, 3, 5], [1, 4, 9, 9]]
