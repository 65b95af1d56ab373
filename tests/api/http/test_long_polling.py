"""Long polling: the wait that a client requests, and when its response is sent."""

import asyncio

import pytest
from fastapi import Request
from starlette.types import Message

from api.http.errors import InvalidHeader
from api.http.long_polling import poll, requested_wait
from api.http.polling.followed_job import FollowedJob
from api.http.polling.job_snapshot import JobSnapshot
from store.ids import ProjectId


def request(prefer: str | None) -> Request:
    """Return a request with this preference."""
    headers = [] if prefer is None else [(b"prefer", prefer.encode())]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": headers})


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, None),
        ("respond-async", None),
        ("wait=0", 0),
        ("wait=10", 10),
        ("WAIT = 010".lower(), 10),
        ('respond-async, wait="60"', 60),
    ],
)
def test_the_wait_is_read_from_the_preference(prefer: str | None, seconds: int | None) -> None:
    assert requested_wait(request(prefer)) == seconds


@pytest.mark.parametrize("prefer", ["wait=61", "wait=600", "wait=99999999999999999999"])
def test_a_wait_over_one_minute_is_rejected(prefer: str) -> None:
    with pytest.raises(InvalidHeader, match="at most 60 seconds"):
        requested_wait(request(prefer))


class ChangingJob(FollowedJob):
    """A job that changes all the time."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)

    async def read(self) -> JobSnapshot:
        """Return the next state."""
        state = self.states.pop(0)
        project = ProjectId("prj_1")
        return JobSnapshot(project=project, state=state, last_event=1, version="", etag="", headers={}, body=b"")

    async def wait(self, seconds: float) -> None:
        """Wait for nothing."""


def poll_states(job: ChangingJob, seconds: float, wanted: str, *, is_gone: bool = False) -> str:
    async def receive() -> Message:
        if is_gone:
            return {"type": "http.disconnect"}
        await asyncio.sleep(60)
        raise AssertionError

    polled = Request(request(None).scope, receive)
    return asyncio.run(poll(polled, job, seconds, lambda now: now.state == wanted)).state


def test_polling_ends_as_soon_as_the_state_is_wanted() -> None:
    assert poll_states(ChangingJob("queued", "running", "succeeded"), 5, "running") == "running"


def test_polling_for_zero_seconds_reads_one_time() -> None:
    assert poll_states(ChangingJob("queued"), 0, "running") == "queued"


def test_polling_ends_when_the_client_is_gone() -> None:
    assert poll_states(ChangingJob("queued"), 60, "running", is_gone=True) == "queued"
