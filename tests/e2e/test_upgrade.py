"""A data folder of version 0.1.0 still opens: models predict, queued jobs run, checkpoints are continued."""

import gzip
import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from safetensors.numpy import load

from api.app import create_app
from engine.numeric_fingerprint import numeric_fingerprint
from store.db.migrate import migrate
from store.db.transaction import snapshot
from store.jobs import epochs
from tests.support.worker_fixture import WorkerFixture, worker_fixture

FOLDER = Path(__file__).parent / "fixtures" / "version_0_1_0"
EXPECTED: dict[str, Any] = json.loads((FOLDER / "expected.json").read_text())
QUEUED = ("queued", "fine-tuned", "sequences")
WITH_CHECKPOINT = ("paused", "interrupted")

__all__ = ["worker_fixture"]


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """The migrated database of an old data folder, and the secret of its API keys."""
    file = tmp_path / "backprop.sqlite3"
    file.write_bytes(gzip.decompress((FOLDER / "backprop.sqlite3.gz").read_bytes()))
    (tmp_path / "secret.key").write_text(EXPECTED["secret"])
    migrate(f"sqlite:///{file}")
    return f"sqlite:///{file}"


@pytest.fixture
def client(worker_fixture: WorkerFixture) -> Iterator[TestClient]:
    """A client that sends the old API key."""
    with TestClient(create_app(worker_fixture.settings), base_url="http://localhost") as client:
        client.headers["Authorization"] = f"Bearer {EXPECTED['key']}"
        yield client


@pytest.mark.parametrize("model", EXPECTED["models"], ids=["classifier", "regression"])
def test_old_models_predict_the_same(client: TestClient, model: dict[str, Any]) -> None:
    answer = client.post(f"/v1/models/{model['id']}/predictions", json={"rows": model["rows"]})
    assert answer.status_code == 200, answer.text
    for old, new in zip(model["predictions"], answer.json()["predictions"], strict=True):
        assert new.keys() == old.keys()
        for field, value in old.items():
            assert new[field] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-4))


def test_unfinished_jobs_end_with_the_same_weights(client: TestClient, worker_fixture: WorkerFixture) -> None:
    client.post(f"/v1/jobs/{EXPECTED['jobs']['paused']['id']}/resume").raise_for_status()
    began = time.time() * 1000
    worker_fixture.run_all()
    for name in (*QUEUED, *WITH_CHECKPOINT):
        expect_trained(client, name)
    for name in WITH_CHECKPOINT:
        expect_continued(worker_fixture, name, began)


def test_old_jobs_and_datasets_are_listed(client: TestClient) -> None:
    jobs = client.get("/v1/jobs", params={"limit": 20}).json()["data"]
    assert [job["name"] for job in jobs] == [*reversed(QUEUED), "interrupted", "paused", "price", "churn"]
    found = client.get("/v1/jobs", params={"metadata.team": "risk"}).json()["data"]
    assert [job["name"] for job in found] == ["queued"]
    assert {row["name"] for row in client.get("/v1/datasets").json()["data"]} == {"customers", "prices", "sales"}
    assert {row["name"] for row in client.get("/v1/models").json()["data"]} == {"churn", "price"}


def expect_continued(worker_fixture: WorkerFixture, name: str, began: float) -> None:
    """The job was trained from its checkpoint on: its first epochs were not repeated after `began`."""
    with snapshot(worker_fixture.sessions) as tx:
        rows = epochs.downsampled(tx, EXPECTED["jobs"][name]["id"], after=0, max_points=1000)
    assert [row.epoch for row in rows] == list(range(1, rows[-1].epoch + 1))
    assert rows[0].at < began <= rows[-1].at


def expect_trained(client: TestClient, name: str) -> None:
    """The job succeeded; with the numeric fingerprint of the old worker, its tensors have the same bits."""
    expected = EXPECTED["jobs"][name]
    job = client.get(f"/v1/jobs/{expected['id']}").json()
    assert (job["state"], job["error"]) == ("succeeded", None)
    if numeric_fingerprint() == EXPECTED["fingerprint"]:
        assert job["progress"]["epoch"] == expected["epoch"]
        weights = load(client.get(f"/v1/models/{job['model_id']}/weights").content)
        digest = hashlib.sha256()
        for tensor in sorted(weights):
            digest.update(tensor.encode() + weights[tensor].tobytes())
        assert digest.hexdigest() == expected["tensors_sha256"]
