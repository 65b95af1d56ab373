"""What users of the client do, from a table to predictions, on a real service."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backprop_client import AsyncClient, Client
from backprop_client._sync.job import Job
from backprop_client.errors import (
    ConflictError,
    InvalidDatasetError,
    InvalidRequestError,
    JobFailedError,
    NotFoundError,
    PreconditionFailedError,
    ServiceUnreachableError,
    WaitTimeoutError,
)
from tests.support.service_under_test import ServiceUnderTest
from tests.support.tables import flowers

SMALL: dict[str, Any] = {"model": {"layers": []}, "training": {"epochs": 3}, "ensemble": None}
LONG: dict[str, Any] = {**SMALL, "training": {"epochs": 10_000, "early_stopping": None}}


class Frame:
    """What a data frame of pandas looks like to the client."""

    def __init__(self, csv: str) -> None:
        header, *lines = csv.splitlines()
        self.columns = header.split(",")
        self.rows = [dict(zip(self.columns, line.split(","), strict=True)) for line in lines]


def train(client: Client, service: ServiceUnderTest) -> Job:
    return client.jobs.create(dataset_id=service.dataset_id, target="kind", **SMALL).wait(60)


def test_tables_of_every_kind_are_uploaded(client: Client, tmp_path: Path) -> None:
    (tmp_path / "flowers.csv").write_text(flowers())
    from_file = client.datasets.upload(tmp_path / "flowers.csv", metadata={"team": "garden"}, types={"color": "text"})
    assert (from_file.name, from_file.rows, from_file.metadata) == ("flowers", 120, {"team": "garden"})
    assert {column["name"]: column["type"] for column in from_file.columns}["color"] == "text"
    rows = client.datasets.upload([{"x": 1, "y": None}, {"x": 2, "y": "b"}, {"x": 3, "y": "c"}], name="rows")
    columns = client.datasets.upload({"x": [1, 2, 3], "y": ["a", "b", "c"]}, name="columns")
    arrays = client.datasets.upload({"x": np.ones((4, 2)), "y": np.arange(4)}, name="arrays")
    assert (rows.rows, columns.rows, arrays.rows) == (3, 3, 4)
    listed = [dataset.id for dataset in client.datasets.list(page_size=2)]
    assert {from_file.id, rows.id, columns.id, arrays.id} <= set(listed), "pages follow each other"
    assert [dataset.id for dataset in client.datasets.list(metadata={"team": "garden"})] == [from_file.id]
    client.datasets.delete(rows.id)
    with pytest.raises(NotFoundError):
        client.datasets.get(rows.id)


def test_a_bad_file_is_rejected_with_every_problem(client: Client) -> None:
    with pytest.raises(InvalidDatasetError) as caught:
        client.datasets.upload(b"a,b\n1,2\n3\n4,5,6\n", format="csv", name="ragged")
    assert [problem.line for problem in caught.value.errors] == [3, 4]
    assert all(f"line {line}" in str(caught.value) for line in (3, 4))


def test_a_job_is_estimated_created_and_followed(client: Client, service: ServiceUnderTest) -> None:
    estimate = client.jobs.estimate(dataset_id=service.dataset_id, target="kind", **SMALL)
    assert estimate.estimate["parameters"] > 0
    job = client.jobs.create(dataset_id=service.dataset_id, target="kind", name="small", **SMALL)
    with pytest.raises(WaitTimeoutError):
        client.jobs.create(dataset_id=service.dataset_id, target="kind", **LONG).wait(0.1)
    seen: list[str] = []
    assert job.wait(60, on_change=lambda job: seen.append(job.state)).state == "succeeded"
    assert seen[-1] == "succeeded"
    assert [epoch.epoch for epoch in job.metrics()] == [1, 2, 3]
    assert [event.type for event in job.events()][-1] == "job.succeeded"
    with pytest.raises(ConflictError) as caught:
        job.cancel()
    assert caught.value.code == "job_finished"


def test_actions_change_the_job(client: Client, service: ServiceUnderTest) -> None:
    job = client.jobs.create(dataset_id=service.dataset_id, target="kind", **LONG)
    assert job.pause().requested == "pause" or job.state == "paused"
    while job.refresh().state != "paused":
        pass
    with pytest.raises(JobFailedError) as caught:
        job.cancel().model()
    assert "canceled" in str(caught.value)
    again = job.retry()
    assert again.retry_of == job.id
    again.cancel()
    again.wait(30).delete()
    job.delete()


def test_a_request_is_rejected_with_every_problem(client: Client, service: ServiceUnderTest) -> None:
    body: dict[str, Any] = {"target": "kinds", "training": {"epochs": -1, "batch_size": 0}}
    with pytest.raises(InvalidRequestError) as caught:
        client.jobs.create(dataset_id=service.dataset_id, **body)
    pointers = {problem.pointer for problem in caught.value.errors}
    assert {"/training/epochs", "/training/batch_size"} <= pointers
    assert all(pointer in str(caught.value) for pointer in pointers)


def test_the_same_idempotency_key_gives_the_same_job(client: Client, service: ServiceUnderTest) -> None:
    body: dict[str, Any] = {"dataset_id": service.dataset_id, "target": "kind", **SMALL}
    first, second = (client.jobs.create(idempotency_key="order-1", **body) for _ in range(2))
    assert first.id == second.id


def test_a_model_predicts_explains_and_is_saved(client: Client, service: ServiceUnderTest, tmp_path: Path) -> None:
    job = train(client, service)
    model = job.model()
    rows = Frame(flowers()).rows
    predicted = model.predict(rows, explain=True, interval=0.9)
    assert len(predicted) == len(rows)
    assert set(predicted.labels) <= {row["kind"] for row in rows}
    assert predicted[0].contributions
    assert model.evaluation().to_dict() == service.client.get(f"/v1/models/{model.id}/evaluation").json()
    assert model.card().to_dict()
    assert model.card_html().startswith("<!doctype html>")
    path = model.download(tmp_path)
    assert path.read_bytes() == service.weights(service.job(f"/v1/jobs/{job.id}"))
    assert job.report().job_id == job.id
    assert job.report_html().startswith("<!doctype html>")
    weights = client.weights.upload(path)
    assert weights.name == path.stem
    assert [tensor.name for tensor in client.weights.get(weights.id).tensors]
    assert next(iter(client.weights.list())).id == weights.id
    client.weights.delete(weights.id)
    with pytest.raises(InvalidRequestError) as caught:
        model.predict([{"length": 1}] * 10_000 + [{"lenght": 1}])
    assert "/rows/10000/lenght" in [problem.pointer for problem in caught.value.errors], "counts all rows"


def test_aliases_comparisons_and_batches(client: Client, service: ServiceUnderTest, tmp_path: Path) -> None:
    first, second = (train(client, service).model() for _ in range(2))
    client.aliases.set("kinds", first.id)
    assert client.aliases.set("kinds", second.id, replaces=first.id).version == 2
    with pytest.raises(PreconditionFailedError):
        client.aliases.set("kinds", first.id, replaces=first.id)
    assert client.aliases.predict("kinds", [{"length": 1}]).model_id == second.id
    with pytest.raises(ConflictError):
        second.delete()
    assert client.models.compare(service.dataset_id, [first.id, second.id]).verdict == "same"
    batch = client.batches.create(first.id, dataset_id=service.dataset_id, format="csv").wait(60)
    lines = batch.download(tmp_path).read_text().splitlines()
    assert (batch.state, len(lines)) == ("succeeded", 121)
    assert batch.id in [each.id for each in client.batches.list(model_id=first.id)]
    batch.delete()
    client.aliases.delete("kinds")


def test_keys_projects_webhooks_and_usage(client: Client) -> None:
    project = client.projects.create(name="shop")
    assert client.projects.update(project.id, retention_days=7).retention_days == 7
    assert project.id in [each.id for each in client.projects.list()]
    webhook = client.webhooks.create(url="https://example.com/hook", events=["job.succeeded"])
    assert webhook.secret
    assert client.webhooks.update(webhook.id, enabled=False).enabled is False
    assert client.webhooks.rotate(webhook.id, overlap_seconds=0).secret != webhook.secret
    assert list(client.webhooks.deliveries(webhook.id)) == []
    client.webhooks.delete(webhook.id)
    client.projects.delete(project.id)
    assert client.operations.usage(group="total")[0].jobs.created > 0
    assert [worker.slots for worker in client.operations.workers()]
    assert next(iter(client.operations.audit(operation="create_project"))).resource_id == project.id


def test_the_asynchronous_client_does_the_same(service: ServiceUnderTest, tmp_path: Path) -> None:
    async def run() -> None:
        async with AsyncClient(str(service.client.base_url)) as client:
            dataset = await client.datasets.upload(flowers().encode(), format="csv", name="flowers")
            job = await client.jobs.create(dataset_id=dataset.id, target="kind", **SMALL)
            assert [event.type async for event in job.events()][-1] == "job.succeeded"
            model = await (await job.wait(60)).model()
            assert len(await model.predict({"length": 1})) == 1
            assert (await model.download(tmp_path, format="npz")).exists()
            assert job.id in [each.id async for each in client.jobs.list()]

    asyncio.run(run())


def test_a_wrong_address_is_an_error_with_advice() -> None:
    with Client("http://127.0.0.1:9", max_retries=0) as client, pytest.raises(ServiceUnreachableError) as caught:
        client.jobs.get("job_1")
    assert "BACKPROP_URL" in str(caught.value)
