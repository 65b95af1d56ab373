"""Without keys, only pages and clients of this machine may call: loopback `Host` and `Origin` values.

A foreign web page can make a browser send requests to this machine: directly, with its own `Origin`, or through a name
that it lets point to 127.0.0.1 (DNS rebinding), with its own `Host`.
"""

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from anyio import to_thread
from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.errors import ApiError, Forbidden, MisdirectedRequest
from api.http.problems import problem_response
from service.bootstrap import Services


class LoopbackOnlyMiddleware:
    """Reject foreign hosts and origins while no key exists. With keys, the key decides who may call."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        refused = _refusal(Headers(scope=scope)) if scope["type"] == "http" else None
        if refused is not None and await _is_open(scope):
            await problem_response(Request(scope), refused)(scope, receive, send)
            return
        await self._app(scope, receive, send)


async def _is_open(scope: Scope) -> bool:
    services: Services = scope["app"].state.services
    return await to_thread.run_sync(services.keyring.is_open)


def _refusal(headers: Headers) -> ApiError | None:
    if not is_loopback_address(headers.get("host", "")):
        return MisdirectedRequest("Without API keys, use http://localhost or http://127.0.0.1, or create a key.")
    origin = headers.get("origin")
    if origin is not None and not is_loopback_address(origin.partition("://")[2]):
        return Forbidden("Without API keys, web pages of other hosts may not call. Create a key for them.")
    return None


@lru_cache(maxsize=256)  # a client sends the same address with each request
def is_loopback_address(address: str) -> bool:
    """Return whether `HOST` or `HOST:PORT` names this machine."""
    try:
        parts = urlsplit(f"//{address}")
        name = parts.hostname or ""
        _ = parts.port  # raises ValueError unless it is a number
    except ValueError:
        return False
    if parts.netloc != address or "@" in address:
        return False
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name.rstrip(".") == "localhost" or name.rstrip(".").endswith(".localhost")
