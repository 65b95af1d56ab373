"""Following a job: events as a page and as a stream, and long polling."""

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient


@pytest.fixture
def job(client: TestClient, dataset: dict[str, Any]) -> dict[str, Any]:
    """A queued job of three epochs."""
    body = {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 3}}
    found: dict[str, Any] = client.post("/v1/jobs", json=body).json()
    return found


def soon(work: Callable[[], None], seconds: float = 0.3) -> threading.Thread:
    thread = threading.Timer(seconds, work)
    thread.start()
    return thread


def messages(stream: str) -> list[tuple[int, str]]:
    """Return the numbers and types of the events of a stream."""
    blocks = [block.split("\n") for block in stream.strip().split("\n\n") if block.startswith("id:")]
    return [(int(lines[0].removeprefix("id: ")), lines[1].removeprefix("event: ")) for lines in blocks]


def test_events_list_every_transition_and_epoch_in_order(
    client: TestClient, job: dict[str, Any], work: Callable[[], None]
) -> None:
    work()
    page = client.get(job["links"]["events"]).json()
    assert [event["id"] for event in page["data"]] == list(range(1, len(page["data"]) + 1))
    types = [event["type"] for event in page["data"]]
    assert types == ["job.queued", "job.running", *["job.epoch"] * 3, "job.succeeded"]
    assert [event["data"]["epoch"] for event in page["data"] if event["type"] == "job.epoch"] == [1, 2, 3]
    two = client.get(job["links"]["events"], params={"after": 1, "limit": 2}).json()
    assert (two["data"], two["next_after"]) == (page["data"][1:3], 3)


def test_a_stream_resumes_without_gaps_or_repeats_and_ends_with_the_job(
    client: TestClient, job: dict[str, Any], work: Callable[[], None]
) -> None:
    thread = soon(work)
    live = client.get(job["links"]["events"], headers={"Accept": "text/event-stream"})
    thread.join()
    assert live.headers["Content-Type"].startswith("text/event-stream")
    streamed = messages(live.text)
    assert streamed[-1][1] == "job.succeeded"
    assert [number for number, _ in streamed] == list(range(1, len(streamed) + 1))
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "2"}
    assert messages(client.get(job["links"]["events"], headers=headers).text) == streamed[2:]
    assert (
        messages(client.get(job["links"]["events"] + "?after=4", headers={"Accept": "text/event-stream"}).text)
        == streamed[4:]
    )


@pytest.mark.parametrize("wrong", ["x", "-1", "9" * 20])
def test_an_invalid_last_event_id_is_rejected(client: TestClient, job: dict[str, Any], wrong: str) -> None:
    response = client.get(job["links"]["events"], headers={"Last-Event-ID": wrong})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_header")


def test_a_long_poll_is_answered_when_the_job_changes(client: TestClient, job: dict[str, Any]) -> None:
    thread = soon(lambda: client.post(f"/v1/jobs/{job['id']}/cancel") and None)
    began = time.monotonic()
    response = client.get(job["links"]["self"], headers={"Prefer": "wait=20"})
    thread.join()
    assert response.json()["state"] == "canceled"
    assert response.headers["Preference-Applied"] == "wait=20"
    assert time.monotonic() - began < 10


def test_a_long_poll_without_changes_ends_after_the_wait(client: TestClient, job: dict[str, Any]) -> None:
    response = client.get(job["links"]["self"], headers={"Prefer": "wait=1"})
    assert (response.status_code, response.json()["state"]) == (200, "queued")
    again = client.get(job["links"]["self"], headers={"Prefer": "wait=1", "If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304


def test_a_submit_that_waits_returns_the_finished_job(
    client: TestClient, dataset: dict[str, Any], work: Callable[[], None]
) -> None:
    answered = threading.Event()

    def keep_working() -> None:
        while not answered.wait(0.1):
            work()

    thread = soon(keep_working)
    body = {"dataset_id": dataset["id"], "target": "kind", "training": {"epochs": 2}}
    response = client.post("/v1/jobs", json=body, headers={"Prefer": "wait=30"})
    answered.set()
    thread.join()
    assert (response.status_code, response.json()["state"]) == (201, "succeeded")


def test_a_wait_over_the_maximum_is_rejected(client: TestClient, job: dict[str, Any]) -> None:
    response = client.get(job["links"]["self"], headers={"Prefer": "wait=61"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_header")
