"""Submit examples of the documentation to a running service."""

import gzip
import itertools
from typing import Any

import httpx
import numpy as np

from examples.tables import Table, csv_lines, make_table
from tests.support.project import ROOT

CSV = {"Content-Type": "text/csv"}
MAX_VALUES = 40_000  # per request, which may have 1 MiB
TIMEOUT_SECONDS = 120.0  # for a job on a busy machine; the longest takes ten seconds on an idle one


class ExampleService:
    """A client that uploads tables, trains and predicts. Each table is uploaded once."""

    def __init__(self, url: str) -> None:
        self.client = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)
        self._dataset_ids: dict[str, str] = {}

    def dataset(self, name: str) -> str:
        """Upload one of the example tables, or the shipped income data, and return its ID."""
        if name not in self._dataset_ids:
            self._dataset_ids[name] = self.upload(income_csv() if name == "income" else csv(make_table(name)))
        return self._dataset_ids[name]

    def upload(self, content: str | bytes) -> str:
        """Upload CSV and return the data set's ID."""
        response = self.client.post("/v1/datasets", content=content, headers=CSV)
        assert response.status_code == 201, response.text
        return str(response.json()["id"])

    def train(self, body: dict[str, Any]) -> dict[str, Any]:
        """Submit a job, wait for its end, and return it."""
        response = self.client.post("/v1/jobs", json=body, headers={"Prefer": "wait=60"})
        assert response.status_code == 201, response.text
        job: dict[str, Any] = response.json()
        while job["state"] in {"queued", "running"}:
            job = self.client.get(job["links"]["self"], headers={"Prefer": "wait=60"}).raise_for_status().json()
        assert job["state"] == "succeeded", job["error"]
        return job

    def predict(self, job: dict[str, Any], table: Table) -> list[dict[str, Any]]:
        """Return the predictions of a job's model for a table."""
        rows = [dict(zip(table, row, strict=True)) for row in zip(*(v.tolist() for v in table.values()), strict=True)]
        predictions: list[dict[str, Any]] = []
        size = max(1, MAX_VALUES // len(table))
        for start in range(0, len(rows), size):
            body = {"rows": rows[start : start + size]}
            response = self.client.post(f"{job['links']['model']}/predictions", json=body)
            assert response.status_code == 200, response.text
            predictions += response.json()["predictions"]
        return predictions


def csv(table: Table) -> str:
    """Return a table as CSV."""
    return "".join(csv_lines(table))


def income_csv(rows: int = 4_000, skipped: int = 0) -> bytes:
    """Return the header and some rows, by default the first ones, of the income data that comes with the project."""
    with gzip.open(ROOT / "examples" / "data" / "adult.csv.gz", "rb") as file:
        header, *lines = itertools.islice(file, 1 + skipped + rows)
        return header + b"".join(lines[skipped:])


def rows_of(table: Table, chosen: Any) -> Table:
    """Return some rows of a table."""
    return {column: values[chosen] for column, values in table.items()}


def inputs_of(table: Table, targets: list[str]) -> Table:
    """Return a table without its targets."""
    return {column: values for column, values in table.items() if column not in targets}


def label_accuracy(predictions: list[dict[str, Any]], table: Table, target: str) -> float:
    """Return the share of correct labels."""
    labels = np.array([prediction["label"] for prediction in predictions])
    return float(np.mean(labels == table[target].astype(str)))


def r2(predictions: list[dict[str, Any]], table: Table, target: str) -> float:
    """Return the share of the target's variance that the predictions explain."""
    truth = table[target].astype(float)
    errors = np.array([prediction["value"] for prediction in predictions]) - truth
    return float(1 - np.mean(errors**2) / np.var(truth))


def rows_all_correct(predictions: list[dict[str, Any]], table: Table, targets: list[str]) -> np.ndarray:
    """Return for each row whether the labels of all targets are correct."""
    labels = np.array([[each["targets"][target]["label"] for target in targets] for each in predictions])
    correct: np.ndarray = (labels == np.column_stack([table[target].astype(str) for target in targets])).all(axis=1)
    return correct
