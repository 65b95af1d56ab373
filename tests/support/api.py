"""Calls of the API that many tests make."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient
from safetensors.numpy import load

LOOPBACK = "http://localhost"  # without keys, other hosts are rejected
CSV = {"Content-Type": "text/csv"}


def upload(client: TestClient, csv: str | bytes, **query: str) -> dict[str, Any]:
    """Upload a valid table and return the data set."""
    response = client.post("/v1/datasets", params=query, content=csv, headers=CSV)
    assert response.status_code == 201, response.text
    dataset: dict[str, Any] = response.json()
    return dataset


def train(client: TestClient, work: Callable[[], None], body: dict[str, Any]) -> dict[str, Any]:
    """Submit a job, run it, and return it as succeeded. It has one network unless the body asks for more."""
    one = {} if {"preset", "init_from"} & body.keys() else {"ensemble": None}
    response = client.post("/v1/jobs", json=one | body)
    assert response.status_code == 201, response.text
    work()
    job: dict[str, Any] = client.get(response.json()["links"]["self"]).json()
    assert job["state"] == "succeeded", job["error"]
    return job


def weights(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    """Download the weights of the job's model, by name."""
    return load(client.get(f"{job['links']['model']}/weights").content)


def pointers(problem: dict[str, Any]) -> list[str]:
    """Return the places of the errors in a problem document."""
    return [error["pointer"] for error in problem["errors"]]
