"""Slow and oversized senders, with real sockets."""

import contextlib
import functools
import json
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from api.server.guarded_protocol import GuardedProtocol
from api.settings import ApiSettings

LIMITS = ApiSettings(max_header_bytes=1000, max_header_seconds=0.5, body_grace_seconds=0.5, max_sockets_per_address=5)
PATIENCE = 20  # seconds until a test gives up


async def application(_scope: Any, receive: Any, send: Any) -> None:
    """Read the body, then answer with its size."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    body = str(size).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """The port of a server with short limits."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        protocol: Any = functools.partial(GuardedProtocol, LIMITS)
        server = uvicorn.Server(uvicorn.Config(application, http=protocol, lifespan="off", log_config=None))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def exchange(port: int, *pieces: bytes) -> bytes:
    """Send the pieces, and return everything until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        received = b""
        with contextlib.suppress(ConnectionError):
            for piece in pieces:
                connection.sendall(piece)
            while data := connection.recv(65_536):
                received += data
        return received


def problem(received: bytes) -> dict[str, Any]:
    """Return the problem document of a response."""
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"x-request-id: req_" in head
    found: dict[str, Any] = json.loads(body)
    return found


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\nX: " + b"a" * 5000, b"GET / HTTP/1.1\r\nX: " + b"a" * 5000 + b"\r\n\r\n"]
)
def test_long_headers_are_refused(port: int, sent: bytes) -> None:
    assert problem(exchange(port, sent))["code"] == "headers_too_large"


def test_what_is_not_http_gets_a_problem_with_a_request_id(port: int) -> None:
    assert problem(exchange(port, b"no HTTP\r\n\r\n"))["status"] == 400


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n1"]
)
def test_silent_senders_are_disconnected(port: int, sent: bytes) -> None:
    start = time.monotonic()
    assert exchange(port, sent) == b""
    assert time.monotonic() - start < PATIENCE / 2


def test_complete_requests_are_answered(port: int) -> None:
    body = b"x" * 300_000
    request = b"POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n"
    assert exchange(port, request, body).endswith(b"\r\n\r\n300000")


def test_one_address_may_have_some_sockets_only(port: int) -> None:
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(5)]
        time.sleep(0.1)
        assert exchange(port, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n") == b""
        assert len(opened) == 5
    time.sleep(0.2)
    assert exchange(port, b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n").startswith(b"HTTP/1.1 200")
