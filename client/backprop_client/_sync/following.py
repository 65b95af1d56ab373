"""Wait for a job with long polls, and follow its events with a stream."""

# Generated from the same file in _async by client/generator; do not edit.

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from backprop_client._sync import runtime
from backprop_client._sync.transport import Transport
from backprop_client.errors import BackpropError, WaitTimeoutError
from backprop_client.requests import Request
from backprop_client.retries import Attempts
from backprop_client.server_sent_events import EventParser
from backprop_client.types.jobs import Event

POLL_SECONDS = 50  # the service holds an answer for up to 60 s, and proxies often close connections after 60 s
ANSWER_SECONDS = 20.0  # more than the held time, until an answer is missing
SILENCE_SECONDS = 45.0  # of a stream, in which a comment comes every 15 s
LAST = frozenset({"job.succeeded", "job.failed", "job.canceled"})
ENDED = frozenset({"succeeded", "failed", "canceled"})


def wait(
    transport: Transport,
    path: str,
    is_done: Callable[[Mapping[str, Any]], bool],
    end: float | None,
    *,
    each_change: bool,
) -> None:
    """Read a job until `is_done`, which is called with each answer. Raises `WaitTimeoutError` at the time `end`."""
    etag: str | None = None
    while True:
        seconds = POLL_SECONDS if end is None else max(0, min(POLL_SECONDS, int(end - time.monotonic())))
        known = {"If-None-Match": etag} if etag and each_change else {}
        request = Request(
            method="GET",
            path=path,
            parameters={} if each_change else {"until": "ended"},
            headers={"Prefer": f"wait={seconds}", **known},
            timeout_seconds=seconds + ANSWER_SECONDS,
        )
        answer = transport.send(request, long=True)
        etag = answer.headers.get("etag")
        if answer.status_code != 304 and is_done(answer.json()):
            return
        if end is not None and time.monotonic() >= end:
            raise WaitTimeoutError(f"{path.rpartition('/')[2]} has not ended yet; it continues on the server.")


def follow(transport: Transport, path: str, job_path: str, after: int) -> Iterator[Event]:
    """Yield the events of a job after a number, until the last one; reconnect as often as needed."""
    attempts = Attempts(transport.configuration.retries, long=True)
    while True:
        try:
            for event in _stream(transport, path, after):
                attempts.succeeded()
                after = event.id
                yield event
                if event.type in LAST:
                    return
            if (transport.get(job_path))["state"] in ENDED and not _more(transport, path, after):
                return
        except BackpropError as error:
            runtime.sleep(attempts.delay_after(error))


def _stream(transport: Transport, path: str, after: int) -> Iterator[Event]:
    """Yield the events of one connection."""
    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(after)}
    request = Request(method="GET", path=path, headers=headers, timeout_seconds=SILENCE_SECONDS)
    parser = EventParser()
    with transport.stream(request) as response:
        for line in response.iter_lines():
            event = parser.feed(line)
            if event is not None:
                yield Event(event)


def _more(transport: Transport, path: str, after: int) -> bool:
    """Whether there are events after a number."""
    return bool((transport.get(path, {"after": after, "limit": 1}))["data"])
