"""What every response goes through: the request's id, HEAD, and an answer even to an error of our own."""

import re

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.problems import internal
from store.ids import new_id

OWN_ID = re.compile(r"[\x21-\x7e]{1,200}")


class Edge:
    """Puts `X-Request-Id`, the caller's own or a new one, on each response; turns stray errors into problems."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = Headers(scope=scope).get("x-request-id", "")
        request_id = sent if OWN_ID.fullmatch(sent) else new_id("req")
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self._app(_as_get(scope), receive, send_with_id)
        except Exception as error:
            answer = internal(Request(scope), error)
            if started:
                raise  # half an answer is out: only closing the connection tells the client
            await answer(scope, receive, send_with_id)


def _as_get(scope: Scope) -> Scope:
    """HEAD as GET (RFC 9110, 9.3.2): the server, which has the scope as it was, sends no body."""
    return {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
