"""Long polling: the wait that a client requests, and when its response is sent."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fastapi import Request

from api.http.errors import InvalidHeader
from api.http.long_polling import poll, requested_wait
from messaging.change_feed import ChangeFeed, JobWatch


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


class InstantFeed(ChangeFeed):
    """A change feed on which the job changes all the time."""

    def __init__(self) -> None:
        """Open no connection."""

    @asynccontextmanager
    async def watch(self, job_id: str) -> AsyncIterator[JobWatch]:
        """Watch a job that has just changed."""
        assert job_id == "job_1"
        changed = asyncio.Event()
        changed.set()
        yield JobWatch(changed)


def test_polling_ends_as_soon_as_the_state_is_wanted() -> None:
    states = iter(["queued", "running", "succeeded"])

    async def run() -> str:
        return await poll(InstantFeed(), "job_1", 5, lambda: next(states), lambda state: state == "running")

    assert asyncio.run(run()) == "running"


def test_polling_for_zero_seconds_reads_one_time() -> None:
    reads: list[int] = []

    async def run() -> None:
        return await poll(InstantFeed(), "job_1", 0, lambda: reads.append(1), lambda _: False)

    asyncio.run(run())
    assert reads == [1]
