"""Answer predictions of few rows in front of the framework.

A request with nothing but rows, for a model that is loaded, by a caller whose key was checked just now, is answered
here, with the bytes that the endpoint would answer. Every other request, and every one with an error, goes on to the
endpoint.
"""

import json
import re
import time
from typing import Any

from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.errors import ApiError
from api.http.fast.fast_requests import FastCallers, Headers, common_headers, read_headers
from api.http.rate_limits.request_limits import RequestLimits
from api.http.requests.json_body import MAX_BYTES_ON_LOOP, parse_json
from service import tracing
from service.bootstrap import Services
from service.metrics.definitions import HTTP_REQUESTS, HTTP_SECONDS, PREDICTION_ROWS, PREDICTION_SECONDS
from service.predictions.batching import MAX_JOINED_ROWS
from store.accounts.keys import Caller

PATH = re.compile(r"/v1/models/([A-Za-z0-9_-]+)/predictions")
ROUTE = "/v1/models/{model_id}/predictions"
READ_HERE = frozenset({b"authorization", b"host", b"x-request-id", b"content-type", b"content-length"})
READ_ELSEWHERE = frozenset({b"origin", b"prefer", b"content-encoding", b"transfer-encoding", b"idempotency-key"})

Json = dict[str, Any]


class FastPredictions:
    """The middleware. It must be outside of those for request ids, hosts and metrics, as it answers without them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._callers = FastCallers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer predictions, or let the application answer."""
        match = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        headers = read_headers(scope, READ_HERE, READ_ELSEWHERE) if match else None
        if match is None or headers is None or scope["query_string"] or not _is_small_json(headers):
            await self._app(scope, receive, send)
            return
        caller = self._admit(scope, headers)
        if caller is None:
            await self._app(scope, receive, send)
            return
        began, first = time.perf_counter(), await receive()
        rows = _rows(first)
        answers = await _predict(scope["app"].state.services, caller, match[1], rows) if rows else None
        if answers is None:
            await self._app(scope, _replaying(first, receive), send)
            return
        _count(scope["app"].state.services, caller, len(answers), time.perf_counter() - began)
        await _respond(to_json({"predictions": answers}), headers, scope["state"]["rate_limit_fields"], send)

    def _admit(self, scope: Scope, headers: Headers) -> Caller | None:
        """Return the caller, and count the request, if both need no waiting. The application then does not do it again.

        Requests that are traced go to the application.
        """
        state = scope["app"].state
        caller = self._callers.find(state.services.keyring, headers)
        if caller is None or "read" not in caller.scopes or tracing.is_configured():
            return None
        limits: RequestLimits = state.request_limits
        fields = limits.admit_now(caller)
        if fields is None:
            return None
        scope["state"] = {**scope.get("state", {}), "caller": caller, "rate_limit_fields": fields}
        return caller


def _is_small_json(headers: Headers) -> bool:
    size = headers.get(b"content-length", "")
    is_small = size.isascii() and size.isdigit() and int(size) <= MAX_BYTES_ON_LOOP
    return is_small and headers.get(b"content-type", "").lower() == "application/json"


def _rows(message: Message) -> list[Json] | None:
    """Return the rows of a whole body that has nothing but rows; None if it is another body, or invalid."""
    if message["type"] != "http.request" or message.get("more_body"):
        return None
    try:
        body = parse_json(message.get("body", b""))
    except (json.JSONDecodeError, ApiError):
        return None
    if not isinstance(body, dict) or body.keys() != {"rows"} or not isinstance(body["rows"], list):
        return None
    rows = body["rows"]
    return rows if len(rows) <= MAX_JOINED_ROWS and all(type(row) is dict for row in rows) else None


async def _predict(services: Services, caller: Caller, model_id: str, rows: list[Json]) -> list[Json] | None:
    if not services.prediction_batches.has_loaded(caller.project, model_id):
        return None
    try:
        return await services.prediction_batches.predict(caller.project, model_id, rows)
    except Exception:  # noqa: BLE001 - the endpoint finds the error again and reports it
        return None


def _count(services: Services, caller: Caller, rows: int, seconds: float) -> None:
    services.metrics.observe(PREDICTION_SECONDS, seconds)
    services.metrics.count(PREDICTION_ROWS, amount=rows)
    services.metrics.count(HTTP_REQUESTS, "POST", ROUTE, "200")
    services.metrics.observe(HTTP_SECONDS, seconds, "POST", ROUTE)
    services.activity.rows_predicted(caller.project, rows)


async def _respond(body: bytes, headers: Headers, fields: list[tuple[bytes, bytes]], send: Send) -> None:
    length = (b"content-length", str(len(body)).encode())
    raw = [length, (b"content-type", b"application/json"), *common_headers(headers), *fields]
    await send({"type": "http.response.start", "status": 200, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def _replaying(first: Message, receive: Receive) -> Receive:
    """Return a function that receives the first message again, and then what follows."""
    pending = [first]

    async def receive_again() -> Message:
        return pending.pop() if pending else await receive()

    return receive_again
