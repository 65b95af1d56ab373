"""Answer predictions of few rows in front of the framework.

A request with nothing but rows, by a caller whose key was checked just now, is answered here, with the bytes that the
endpoint would answer. Its model has to be loaded, and its alias looked up just now. Every other request, and every one
with an error, goes on to the endpoint.
"""

import json
import re
import time
from dataclasses import dataclass
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

MODEL = re.compile(r"/v1/models/([A-Za-z0-9_-]+)/predictions")
ALIAS = re.compile(r"/v1/aliases/([A-Za-z0-9][A-Za-z0-9._-]{0,99})/predictions")
MODEL_ROUTE, ALIAS_ROUTE = "/v1/models/{model_id}/predictions", "/v1/aliases/{name}/predictions"
READ_HERE = frozenset({b"authorization", b"host", b"x-request-id", b"content-type", b"content-length"})
READ_ELSEWHERE = frozenset({b"origin", b"prefer", b"content-encoding", b"transfer-encoding", b"idempotency-key"})

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a path names: a model, or the alias of one."""

    name: str
    is_alias: bool

    @classmethod
    def by(cls, path: str) -> "Named | None":
        """Return what the path of a prediction names; None for other paths."""
        if match := MODEL.fullmatch(path):
            return cls(name=match[1], is_alias=False)
        match = ALIAS.fullmatch(path)
        return cls(name=match[1], is_alias=True) if match else None

    @property
    def route(self) -> str:
        """The path of the endpoint."""
        return ALIAS_ROUTE if self.is_alias else MODEL_ROUTE

    def model_id(self, services: Services, caller: Caller) -> str | None:
        """Return the id of the model if no query is needed for that."""
        return services.aliased_models.current(caller.project, self.name) if self.is_alias else self.name


class FastPredictions:
    """The middleware. It must be outside of those for request ids, hosts and metrics, as it answers without them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._callers = FastCallers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer predictions, or let the application answer."""
        named = Named.by(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        headers = read_headers(scope, READ_HERE, READ_ELSEWHERE) if named else None
        if named is None or headers is None or scope["query_string"] or not _is_small_json(headers):
            await self._app(scope, receive, send)
            return
        caller = self._admit(scope, headers)
        if caller is None:
            await self._app(scope, receive, send)
            return
        began, first = time.perf_counter(), await receive()
        rows = _rows(first)
        services: Services = scope["app"].state.services
        model_id = named.model_id(services, caller)
        answers = await _predict(services, caller, model_id, rows) if rows and model_id else None
        if answers is None:
            await self._app(scope, _replaying(first, receive), send)
            return
        _count(services, caller, named.route, len(answers), time.perf_counter() - began)
        answer = {"model_id": model_id} if named.is_alias else {}
        await _respond(to_json({**answer, "predictions": answers}), headers, scope["state"]["rate_limit_fields"], send)

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


def _count(services: Services, caller: Caller, route: str, rows: int, seconds: float) -> None:
    services.metrics.observe(PREDICTION_SECONDS, seconds)
    services.metrics.count(PREDICTION_ROWS, amount=rows)
    services.metrics.count(HTTP_REQUESTS, "POST", route, "200")
    services.metrics.observe(HTTP_SECONDS, seconds, "POST", route)
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
