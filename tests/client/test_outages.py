"""A client goes on when the service is killed and started again."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop_client import Client
from tests.support.service_under_test import LAYERS, ServiceUnderTest

TRAINING: dict[str, Any] = {"epochs": 300, "batch_size": 16, "checkpoint_every_seconds": 0.1}


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file of 20 MB, which is sent in three parts."""
    path = tmp_path_factory.mktemp("numbers") / "numbers.csv"
    values = np.random.default_rng(1).random((100_000, 10))
    path.write_text("a,b,c,d,e,f,g,h,i,j\n" + "\n".join(",".join(map(repr, row)) for row in values.tolist()) + "\n")
    return path


@pytest.fixture
def outage(service: ServiceUnderTest) -> Callable[[], None]:
    """Kills all processes of the service and starts them again, at the first call only."""
    calls: list[None] = []

    def kill_once() -> None:
        calls.append(None)
        if len(calls) == 1:
            for role in list(service.parts):
                service.kill_part(role)
            for role in ("api", "scheduler", "worker"):
                service.start_part(role)

    return kill_once


def test_an_upload_and_a_download_continue(
    client: Client, numbers: Path, outage: Callable[[], None], service: ServiceUnderTest, tmp_path: Path
) -> None:
    sizes: list[int] = []

    def sent(size: int, total: int) -> None:
        assert total == numbers.stat().st_size
        sizes.append(size)
        outage()

    dataset = client.datasets.upload(numbers, progress=sent)
    assert (dataset.rows, dataset.sha256) == (100_000, hashlib.sha256(numbers.read_bytes()).hexdigest())
    assert len(sizes) == 3, "each part counts once"
    whole = client.datasets.download(dataset.id, tmp_path / "whole.parquet").read_bytes()

    kills: list[int] = []

    def received(size: int, _: int | None) -> None:
        if not kills:
            kills.append(size)
            service.kill_part("api")
            service.start_part("api")

    path = client.datasets.download(dataset.id, tmp_path, progress=received)
    assert 0 < kills[0] < len(whole)
    assert path.read_bytes() == whole
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([path.name, "whole.parquet"])


def test_waiting_ends_with_the_job(client: Client, outage: Callable[[], None], service: ServiceUnderTest) -> None:
    job = client.jobs.create(
        dataset_id=service.dataset_id, target="kind", model={"layers": LAYERS}, training=TRAINING, ensemble=None
    )
    job.wait(60, on_change=lambda seen: outage() if seen.state == "running" else None)
    assert job.state == "succeeded"
    assert job.attempt == 2, "the worker was killed"
    assert [found.id for found in client.jobs.list()].count(job.id) == 1


def test_a_stream_has_each_event_once(client: Client, outage: Callable[[], None], service: ServiceUnderTest) -> None:
    job = client.jobs.create(
        dataset_id=service.dataset_id, target="kind", model={"layers": LAYERS}, training=TRAINING, ensemble=None
    )
    streamed = []
    for event in job.events():
        streamed.append((event.id, event.type, event.at))
        if event.type == "job.epoch":
            outage()
    page = service.client.get(f"/v1/jobs/{job.id}/events", params={"limit": 1000}).json()
    stored = [(event["id"], event["type"], event["at"]) for event in page["data"]]
    numbers = [number for number, _, _ in streamed]
    assert numbers == sorted(set(numbers)), "no event came twice"
    assert [event for event in streamed if event in stored] == stored, "no event is missing"
    lost = {kind for number, kind, at in streamed if (number, kind, at) not in stored}
    assert lost <= {"job.epoch"}, "epochs after the last checkpoint were trained again"
    assert streamed[-1][1] == "job.succeeded"
    assert service.job(f"/v1/jobs/{job.id}")["attempt"] == 2, "the worker was killed"
