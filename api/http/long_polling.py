"""`Prefer: wait=N` (RFC 7240): hold an answer until there is something new to say."""

import re
import time
from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread
from fastapi import Request

from api.http.errors import InvalidHeader
from service.bootstrap import Services

Seen = TypeVar("Seen")

MAX_SECONDS = 60
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?([0-9]+)")


def wished_wait(request: Request) -> int | None:
    """The seconds of `Prefer: wait=N`; None if it was not sent."""
    preference = request.headers.get("prefer", "")
    wait = WAIT.search(preference)
    if wait is None:
        return None
    seconds = wait[1].lstrip("0") or "0"
    if len(seconds) > 2 or int(seconds) > MAX_SECONDS:
        raise InvalidHeader(f"Prefer: wait is at most {MAX_SECONDS} seconds, not {seconds[:40]}.")
    return int(seconds)


async def wait_for(
    services: Services, job_id: str, seconds: float, read: Callable[[], Seen], enough: Callable[[Seen], bool]
) -> Seen:
    """What `read` gives as soon as it is `enough`, or after `seconds`; it runs in a thread after each change."""
    until = time.monotonic() + seconds
    async with services.change_feed.watch(job_id) as watch:
        while True:
            seen = await to_thread.run_sync(read)
            left = until - time.monotonic()
            if left <= 0 or enough(seen):
                return seen
            await watch.wait(left)
