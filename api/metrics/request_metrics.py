"""Count requests by route and status, and measure the time until their responses begin."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.metrics.definitions import HTTP_REQUESTS, HTTP_SECONDS
from service.metrics.recorder import MetricsRecorder

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
UNKNOWN = "other"  # a method or path that the service does not have


class RequestMetricsMiddleware:
    """The innermost middleware: the router notes the route of a request in the scope that this one has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        metrics: MetricsRecorder = scope["app"].state.services.metrics

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                _count(metrics, scope, message["status"], time.perf_counter() - began)
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        except Exception:
            _count(metrics, scope, 500, time.perf_counter() - began)
            raise


def _count(metrics: MetricsRecorder, scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else UNKNOWN
    route = getattr(scope.get("route"), "path", UNKNOWN)
    metrics.count(HTTP_REQUESTS, method, route, str(status))
    if not any(name == b"prefer" for name, _ in scope["headers"]):
        metrics.observe(HTTP_SECONDS, seconds, method, route)
