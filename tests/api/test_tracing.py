"""A trace leads from the client's request to the worker that trains the job, and log lines name it."""

import logging
from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from service import tracing
from service.bootstrap import Services
from service.logging import formatter
from store.db.transaction import snapshot
from store.ids import DEFAULT_PROJECT
from store.jobs import jobs
from tests.support.api import upload
from tests.support.tables import flowers

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """The spans of this process."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(provider)  # for FastAPI; only possible one time in a process
    tracing.use(provider.get_tracer("test"))
    yield exporter
    tracing.use(None)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What this process logs."""
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(formatter().format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    yield written
    logging.getLogger().removeHandler(handler)
    logging.getLogger().setLevel(logging.WARNING)


def submit(client: TestClient, **headers: str) -> str:
    body = {"dataset_id": upload(client, flowers())["id"], "target": "kind", "training": {"epochs": 2}}
    answer = client.post("/v1/jobs", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_one_trace_leads_from_the_request_to_the_worker(
    spans: InMemorySpanExporter, lines: list[str], client: TestClient, work: Callable[[], None]
) -> None:
    job_id = submit(client, traceparent=TRACEPARENT, **{"X-Request-Id": "order-17"})
    work()
    mine = {span.name: span for span in spans.get_finished_spans() if f"{span.context.trace_id:032x}" == TRACE_ID}
    assert {"POST /v1/jobs", "plan job", "insert job", "claim", "job", "load", "train", "finish"} == mine.keys()
    assert mine["plan job"].parent.span_id == mine["POST /v1/jobs"].context.span_id
    assert mine["job"].parent.span_id == mine["POST /v1/jobs"].context.span_id
    assert mine["train"].parent.span_id == mine["job"].context.span_id
    ran = [line for line in lines if "Attempt 1 " in line]
    assert len(ran) == 2
    for line in ran:
        assert {f"job_id={job_id}", "request_id=order-17", f"trace_id={TRACE_ID}"} <= set(line.split())


def test_without_traces_the_clients_trace_is_stored_and_the_request_id_is_logged(
    lines: list[str], client: TestClient, work: Callable[[], None]
) -> None:
    first = submit(client, traceparent=TRACEPARENT, **{"X-Request-Id": "order-18"})
    second = submit(client, traceparent="nonsense")
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    with snapshot(services.sessions) as tx:
        assert [jobs.get(tx, DEFAULT_PROJECT, job).traceparent for job in (first, second)] == [TRACEPARENT, None]
    work()
    assert [line for line in lines if "Attempt 1 started" in line and "request_id=order-18" in line] != []
    assert "trace_id" not in "".join(lines)
