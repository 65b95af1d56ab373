"""`Prefer: wait=N` (RFC 7240): hold the answer until there is news or N seconds have passed."""

import re
import time
from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread
from fastapi import Request

from api.http.errors import InvalidHeader
from messaging.change_feed import ChangeFeed

State = TypeVar("State")

MAX_SECONDS = 60
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]+)")


def requested_wait(request: Request) -> int | None:
    """Return the seconds of `Prefer: wait=N`; None without this preference."""
    preference = request.headers.get("prefer", "")
    wait = WAIT.search(preference)
    if wait is None:
        return None
    seconds = wait[1].lstrip("0") or "0"
    if len(seconds) > len(str(MAX_SECONDS)) or int(seconds) > MAX_SECONDS:
        raise InvalidHeader(f"Prefer: wait must be at most {MAX_SECONDS} seconds, not {seconds[:40]}.")
    return int(seconds)


async def poll(
    change_feed: ChangeFeed, job_id: str, seconds: float, read: Callable[[], State], is_done: Callable[[State], bool]
) -> State:
    """Call `read` in a thread now and after each change of the job, until `is_done` or `seconds` have passed."""
    until = time.monotonic() + seconds
    async with change_feed.watch(job_id) as watch:
        while True:
            state = await to_thread.run_sync(read)
            left = until - time.monotonic()
            if left <= 0 or is_done(state):
                return state
            await watch.wait(left)
