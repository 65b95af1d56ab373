"""`Prefer: wait=N` (RFC 7240): hold the answer until there is news or N seconds have passed."""

import re
import time
from collections.abc import Callable

from fastapi import Request

from api.http.errors import InvalidHeader
from api.http.polling.followed_job import FollowedJob
from api.http.polling.job_snapshot import JobSnapshot

MAX_SECONDS = 60
CONNECTION_CHECK_SECONDS = 15.0  # how long the request of a client that is gone stays open
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
    request: Request, job: FollowedJob, seconds: float, is_done: Callable[[JobSnapshot], bool]
) -> JobSnapshot:
    """Read the job now and after each change, until `is_done`, `seconds` have passed or the client is gone."""
    until = time.monotonic() + seconds
    while True:
        snapshot = await job.read()
        left = until - time.monotonic()
        if left <= 0 or is_done(snapshot) or await request.is_disconnected():
            return snapshot
        await job.wait(min(left, CONNECTION_CHECK_SECONDS))
