"""Answer polls of jobs that are in memory, in front of the framework.

A poll is the request that a service of jobs gets most. If its key was checked just now and its job has not changed, it
is answered here, with the bytes that `GET /v1/jobs/{id}` would answer; every other request goes on to the endpoints.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from anyio import to_thread
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.hosts import is_loopback_address
from api.http.middleware import CLIENT_ID
from api.http.polling.job_snapshot import JobSnapshot
from api.http.polling.job_snapshots import JobSnapshots
from api.http.rate_limits.limiter import Fields
from api.http.rate_limits.request_limits import RequestLimits
from service.keyring import Keyring
from store.accounts.keys import Caller
from store.ids import new_request_id

PREFIX = "/v1/jobs/"
BEARER = "Bearer "
READ_HERE = frozenset({b"authorization", b"host", b"if-none-match", b"x-request-id"})
READ_ELSEWHERE = frozenset({b"origin", b"prefer"})  # these need the endpoint

Headers = dict[bytes, str]


class FastPolls:
    """The middleware. It must be the outermost one, as it answers without the others."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._refreshes = set[asyncio.Task[None]]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a poll, or let the application answer."""
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            headers = _headers(scope)
            found = self._snapshot(scope, headers) if headers is not None else None
            if headers is not None and found is not None:
                status = await _answer(*found, headers, send)
                scope["app"].state.services.metrics.polls_from_memory[status] += 1
                return
        await self._app(scope, receive, send)

    def _snapshot(self, scope: Scope, headers: Headers) -> tuple[JobSnapshot, Fields] | None:
        """Return the job and the fields of the rate limit."""
        state = scope["app"].state
        caller = self._caller(state.services.keyring, headers)
        if caller is None or "read" not in caller.scopes or scope["query_string"]:
            return None
        snapshots: JobSnapshots = state.job_snapshots
        snapshot = snapshots.current(caller.project, scope["path"][len(PREFIX) :])
        limits: RequestLimits = state.request_limits
        fields = limits.admit_now(caller) if snapshot is not None else None
        return None if snapshot is None or fields is None else (snapshot, fields)

    def _caller(self, keyring: Keyring, headers: Headers) -> Caller | None:
        """Return the caller if the key was looked up just now. Without keys, only this machine may call."""
        authorization = headers.get(b"authorization")
        if authorization is not None and not authorization.startswith(BEARER):
            return None
        key = authorization and authorization[len(BEARER) :].strip()
        if not keyring.is_closed and not is_loopback_address(headers.get(b"host", "")):
            return None
        if keyring.begin_refresh(key):
            task = asyncio.create_task(_refresh(keyring, key))
            self._refreshes.add(task)
            task.add_done_callback(self._refreshes.discard)
        return keyring.cached_caller(key)[1]


async def _refresh(keyring: Keyring, key: str | None) -> None:
    with suppress(SQLAlchemyError):  # the next request reports it
        await to_thread.run_sync(keyring.refresh, key)


def _headers(scope: Scope) -> Headers | None:
    """Return the headers that matter here; None if there are others that change the answer, or repeated ones."""
    found: Headers = {}
    for name, value in scope["headers"]:
        if name in READ_HERE:
            if name in found:
                return None
            found[name] = value.decode("latin-1")
        elif name in READ_ELSEWHERE:
            return None
    return found


async def _answer(snapshot: JobSnapshot, fields: Fields, headers: Mapping[bytes, str], send: Send) -> int:
    """Answer, and return the status."""
    known = headers.get(b"if-none-match")
    is_known = known is not None and _is_current(known, snapshot.etag)
    raw = snapshot.raw_headers if is_known else snapshot.raw_headers_with_body
    sent_id = headers.get(b"x-request-id", "")
    request_id = sent_id if sent_id and CLIENT_ID.fullmatch(sent_id) else new_request_id()
    await send(
        {
            "type": "http.response.start",
            "status": (status := 304 if is_known else 200),
            "headers": [*raw, *fields, (b"x-request-id", request_id.encode()), (b"x-content-type-options", b"nosniff")],
        }
    )
    await send({"type": "http.response.body", "body": b"" if is_known else snapshot.body})
    return status


def _is_current(known: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",") if tag.strip()]
    return tags == ["*"] or etag in tags
