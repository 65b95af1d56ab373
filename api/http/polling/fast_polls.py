"""Answer polls of jobs that are in memory, in front of the framework.

A poll is the request that a service of jobs gets most. If its key was checked just now and its job has not changed, it
is answered here, with the bytes that `GET /v1/jobs/{id}` would answer; every other request goes on to the endpoints.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.fast.fast_requests import FastCallers, Headers, common_headers, read_headers
from api.http.polling.job_snapshot import JobSnapshot
from api.http.polling.job_snapshots import JobSnapshots
from api.http.rate_limits.limiter import Fields
from api.http.rate_limits.request_limits import RequestLimits

PREFIX = "/v1/jobs/"
READ_HERE = frozenset({b"authorization", b"host", b"if-none-match", b"x-request-id"})
READ_ELSEWHERE = frozenset({b"origin", b"prefer"})  # these need the endpoint


class FastPolls:
    """The middleware. It must be the outermost one, as it answers without the others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._callers = FastCallers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a poll, or let the application answer."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            headers = read_headers(scope, READ_HERE, READ_ELSEWHERE)
            found = self._snapshot(scope, headers) if headers is not None else None
            if headers is not None and found is not None:
                status = await _answer(*found, headers, send)
                scope["app"].state.services.metrics.polls_from_memory[status] += 1
                return
        await self._app(scope, receive, send)

    def _snapshot(self, scope: Scope, headers: Headers) -> tuple[JobSnapshot, Fields] | None:
        """Return the job and the fields of the rate limit."""
        state = scope["app"].state
        caller = self._callers.find(state.services.keyring, headers)
        if caller is None or "read" not in caller.scopes or scope["query_string"]:
            return None
        snapshots: JobSnapshots = state.job_snapshots
        snapshot = snapshots.current(caller.project, scope["path"][len(PREFIX) :])
        limits: RequestLimits = state.request_limits
        fields = limits.admit_now(caller) if snapshot is not None else None
        return None if snapshot is None or fields is None else (snapshot, fields)


async def _answer(snapshot: JobSnapshot, fields: Fields, headers: Headers, send: Send) -> int:
    """Answer, and return the status."""
    known = headers.get(b"if-none-match")
    is_known = known is not None and _is_current(known, snapshot.etag)
    raw = snapshot.raw_headers if is_known else snapshot.raw_headers_with_body
    await send(
        {
            "type": "http.response.start",
            "status": (status := 304 if is_known else 200),
            "headers": [*raw, *fields, *common_headers(headers)],
        }
    )
    await send({"type": "http.response.body", "body": b"" if is_known else snapshot.body})
    return status


def _is_current(known: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",") if tag.strip()]
    return tags == ["*"] or etag in tags
