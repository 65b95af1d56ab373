"""Serve below a path of a proxy, and see the client behind it."""

from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.proxies.links import with_prefix
from api.http.proxies.trusted_proxies import TrustedProxies, networks, prefix_of
from api.settings import ApiSettings


class ProxyMiddleware:
    """Apply the headers of trusted proxies. Locations and links never contain the `Host` header: they are paths."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app = app
        self._root_path = settings.root_path
        self._proxies = TrustedProxies(networks(settings.trusted_proxies))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        prefix = self._root_path
        client = scope.get("client")
        if client and self._proxies.includes(client[0]):
            headers = Headers(scope=scope)
            prefix = prefix_of(headers) or prefix
            address = self._proxies.client_of(headers)
            scope = {**scope, "client": (address, 0)} if address else scope
        await self._app(*_below(prefix, scope, receive, send))


def _below(prefix: str, scope: Scope, receive: Receive, send: Send) -> tuple[Scope, Receive, Send]:
    if not prefix:
        return scope, receive, send
    path = scope["path"]
    if path == prefix or path.startswith(f"{prefix}/"):  # the proxy passes the path on as it is
        path = path.removeprefix(prefix) or "/"
    below = {**scope, "path": path, "state": {**scope.get("state", {}), "prefix": prefix}}
    return below, receive, _PrefixedResponse(prefix, send)


class _PrefixedResponse:
    """Sends a response with the prefix in its `Location` and in its JSON body, which must be complete for that."""

    def __init__(self, prefix: str, send: Send) -> None:
        self._prefix = prefix
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Handle one message of the response."""
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _begin(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        if headers.get("location", "").startswith("/"):
            headers["location"] = f"{self._prefix}{headers['location']}"
        if headers.get("content-type") == "application/json" and message["status"] != 304:
            self._start = message
        else:
            await self._send(message)

    async def _finish(self, start: Message) -> None:
        body = with_prefix(bytes(self._body), self._prefix) if self._body else b""
        MutableHeaders(scope=start)["content-length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def prefix_before(request: Any) -> str:
    """Return the path under which a proxy serves this service; empty without one."""
    return str(getattr(request.state, "prefix", ""))
