"""What every request passes first: a request id, one form of path and method, a problem for unexpected errors."""

import logging
import re

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

from api.http.problems import error_response
from service import tracing
from store.ids import new_request_id

log = logging.getLogger("api")

CLIENT_ID = re.compile(r"[\x21-\x7e]{1,200}")


class RequestIdMiddleware:
    """Add `X-Request-Id`, the client's own or a new one, to each response and to all that is logged meanwhile."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        request_id = sent if CLIENT_ID.fullmatch(sent) else new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        parent = Headers(scope=scope).get("traceparent")
        with bound_contextvars(request_id=request_id), tracing.receiving(parent):
            await self._respond(scope, receive, send, request_id)

    async def _respond(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started = False
        inner = _normalized(scope)

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"  # what users sent is never taken for a page
                headers.raw.extend(inner["state"].get("rate_limit_fields", ()))
            await send(message)

        try:
            await self._app(inner, receive, send_with_id)
        except ClientDisconnect:
            log.info("The client closed the connection before its request was complete.")
        except Exception as error:
            response = error_response(Request(scope), error)
            if started:
                raise  # part of the response is sent: only closing the connection tells the client
            await response(scope, receive, send_with_id)


def _normalized(scope: Scope) -> Scope:
    """Treat HEAD as GET (RFC 9110, 9.3.2), and ignore a slash at the end of the path.

    The server, which has the original scope, sends no body to HEAD. A redirect to the path without the slash would need
    the name of this host, which only the client and the proxies before this service know.
    """
    is_head = scope["method"] == "HEAD"
    state = {**scope.get("state", {}), "is_head": is_head}
    path = scope["path"].rstrip("/") or "/"
    return {**scope, "state": state, "path": path, "method": "GET" if is_head else scope["method"]}
