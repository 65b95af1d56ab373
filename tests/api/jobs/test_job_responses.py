"""Responses with a job: their headers, and replays of requests with an Idempotency-Key."""

import threading
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

KEY = {"Idempotency-Key": "key-1"}


@pytest.fixture
def body(dataset: dict[str, Any]) -> dict[str, Any]:
    """The body of a job request."""
    return {"dataset_id": dataset["id"], "target": "kind"}


@pytest.fixture
def url(client: TestClient, body: dict[str, Any]) -> str:
    """The path of a queued job."""
    url: str = client.post("/v1/jobs", json=body).json()["links"]["self"]
    return url


def has_headers(client: TestClient, answer: Response) -> bool:
    """Return whether a response has the same headers as a GET of its job."""
    names = ("ETag", "Retry-After")
    read = client.get(answer.json()["links"]["self"])
    return [answer.headers.get(name) for name in names] == [read.headers.get(name) for name in names]


def test_job_responses_carry_an_etag_and_retry_after_until_the_job_has_ended(
    client: TestClient, body: dict[str, Any], url: str
) -> None:
    assert has_headers(client, client.post("/v1/jobs", json=body))
    assert has_headers(client, client.post("/v1/jobs", json=body, headers={"Prefer": "wait=0"}))
    for action in ("pause", "resume", "stop", "cancel"):
        assert has_headers(client, client.post(f"{url}/{action}"))
    assert "Retry-After" not in client.get(url).headers
    assert has_headers(client, client.post(f"{url}/retry"))


@pytest.mark.parametrize("action", ["cancel", "stop", "pause", "resume"])
def test_an_action_repeated_with_its_key_runs_once(client: TestClient, url: str, action: str) -> None:
    first = client.post(f"{url}/{action}", headers=KEY)
    client.post(f"{url}/resume" if action == "pause" else f"{url}/cancel")
    again = client.post(f"{url}/{action}", headers=KEY)
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.status_code, again.json(), again.headers["ETag"]) == (200, first.json(), first.headers["ETag"])
    other = client.post(f"{url}/retry", headers=KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")


def test_a_replayed_response_that_waits_is_marked_as_replayed(client: TestClient, body: dict[str, Any]) -> None:
    first = client.post("/v1/jobs", json=body, headers={**KEY, "Prefer": "wait=0"})
    again = client.post("/v1/jobs", json=body, headers={**KEY, "Prefer": "wait=0"})
    assert (again.headers["Idempotency-Replayed"], again.headers["Preference-Applied"]) == ("true", "wait=0")
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])


def test_a_replay_for_a_deleted_job_gets_the_first_response(client: TestClient, body: dict[str, Any]) -> None:
    first = client.post("/v1/jobs", json=body, headers=KEY)
    client.post(f"{first.headers['Location']}/cancel")
    client.delete(first.headers["Location"])
    again = client.post("/v1/jobs", json=body, headers={**KEY, "Prefer": "wait=5"})
    assert (again.status_code, again.json(), again.headers["Idempotency-Replayed"]) == (201, first.json(), "true")


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', '"other",W/{} , "more"'])
def test_a_poll_waits_for_the_next_change_of_a_known_version(client: TestClient, url: str, form: str) -> None:
    known = form.format(client.get(url).headers["ETag"])
    threading.Timer(0.5, lambda: client.post(f"{url}/pause")).start()
    began = time.monotonic()
    answer = client.get(url, headers={"If-None-Match": known, "Prefer": "wait=20"})
    assert (answer.status_code, answer.json()["state"]) == (200, "paused")
    assert time.monotonic() - began > 0.4
    unchanged = client.get(url, headers={"If-None-Match": form.format(answer.headers["ETag"]), "Prefer": "wait=0"})
    assert unchanged.status_code == 304


def test_a_poll_until_the_end_skips_other_changes(client: TestClient, url: str) -> None:
    threading.Timer(0.2, lambda: client.post(f"{url}/pause")).start()
    threading.Timer(0.5, lambda: client.post(f"{url}/cancel")).start()
    answer = client.get(url, params={"until": "ended"}, headers={"Prefer": "wait=20"})
    assert (answer.json()["state"], answer.headers["Preference-Applied"]) == ("canceled", "wait=20")
    assert client.get(url, params={"until": "changed"}).status_code == 422


def test_a_poll_with_an_outdated_version_is_answered_immediately(client: TestClient, url: str) -> None:
    answer = client.get(url, headers={"If-None-Match": '"1", W/"2"', "Prefer": "wait=20"})
    assert (answer.status_code, answer.elapsed.total_seconds() < 5) == (200, True)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/events?after=99999999999999999999", {}, 422),
        ("/metrics?after_epoch=99999999999999999999", {}, 422),
        ("/metrics?max_points=99999999999999999999", {}, 422),
        ("/events", {"Last-Event-ID": "²"}, 400),
        ("/events", {"Last-Event-ID": "9" * 40}, 400),
        ("", {"Prefer": f"wait={'9' * 5000}"}, 400),
        ("/events?after=999999999999999", {}, 200),
        ("/metrics?after_epoch=2147483647", {}, 200),
    ],
)
def test_numbers_out_of_bounds_are_rejected(
    client: TestClient, url: str, path: str, headers: dict[str, str], status: int
) -> None:
    sent = {name: value.encode("latin-1") for name, value in headers.items()}
    assert client.get(url + path, headers=sent).status_code == status
