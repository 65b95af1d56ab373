"""Temporary failures are repeated with the same idempotency key, and others are not."""

from collections.abc import Callable, Iterator

import httpx
import pytest

from backprop_client import Client
from backprop_client._sync import runtime
from backprop_client.errors import NotFoundError, RateLimitError, ServiceUnreachableError, UnavailableError

JOB = {"id": "job_1", "state": "queued"}
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the client has waited; no time passes."""
    seconds: list[float] = []
    monkeypatch.setattr(runtime, "sleep", seconds.append)
    return seconds


def client_of(*answers: Answer) -> tuple[Client, list[httpx.Request]]:
    """Return a client of a service that gives these answers, and the list of its requests."""
    requests: list[httpx.Request] = []
    rest: Iterator[Answer] = iter(answers)

    def respond(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return next(rest)(request)

    http = httpx.Client(transport=httpx.MockTransport(respond))
    return Client("http://service", http_client=http), requests


def status(code: int, **headers: str) -> Answer:
    problem = {"code": "some_code", "detail": "Some detail."}
    return lambda _: httpx.Response(code, json=problem, headers={n.replace("_", "-"): v for n, v in headers.items()})


def lost(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("connection reset", request=request)


def created(_: httpx.Request) -> httpx.Response:
    return httpx.Response(201, json=JOB)


@pytest.mark.parametrize("failure", [status(502), status(503), status(504), lost])
def test_a_creation_is_repeated_under_one_key(waited: list[float], failure: Answer) -> None:
    client, requests = client_of(failure, failure, created)
    assert client.jobs.create(dataset_id="ds_1", target="y").id == "job_1"
    assert len({request.headers["Idempotency-Key"] for request in requests}) == 1
    assert 0.25 <= waited[0] <= 0.5 <= waited[1] <= 1.0


def test_retry_after_is_obeyed_up_to_a_minute(waited: list[float]) -> None:
    client, _ = client_of(status(429, Retry_After="7"), created)
    client.jobs.create(dataset_id="ds_1", target="y")
    assert waited == [7]
    client, requests = client_of(status(429, Retry_After="3600"))
    with pytest.raises(RateLimitError):
        client.jobs.create(dataset_id="ds_1", target="y")
    assert len(requests) == 1


@pytest.mark.parametrize(("failure", "error"), [(status(503), UnavailableError), (lost, ServiceUnreachableError)])
def test_after_some_failures_the_error_is_raised(waited: list[float], failure: Answer, error: type) -> None:
    client, requests = client_of(*[failure] * 9)
    with pytest.raises(error):
        client.jobs.get("job_1")
    assert (len(requests), len(waited)) == (5, 4)


def test_errors_of_the_request_are_not_repeated(waited: list[float]) -> None:
    client, requests = client_of(status(404))
    with pytest.raises(NotFoundError, match=r"Some detail\."):
        client.jobs.get("job_1")
    assert (len(requests), waited) == (1, [])


@pytest.mark.usefixtures("waited")
def test_a_repeated_deletion_that_finds_nothing_has_succeeded() -> None:
    client, _ = client_of(lost, status(404))
    client.jobs.delete("job_1")
    client, _ = client_of(status(404))
    with pytest.raises(NotFoundError):
        client.jobs.delete("job_1")
