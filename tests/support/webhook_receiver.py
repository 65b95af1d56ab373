"""An HTTP server on loopback that receives webhooks and answers as a test wants."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass(frozen=True, kw_only=True)
class Received:
    """A request that arrived."""

    path: str
    headers: dict[str, str]  # names in lower case
    body: str


@dataclass(kw_only=True)
class WebhookReceiver:
    """What arrived, and the answers to come; after the last one, the status is 204."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    blocked: threading.Event = field(default_factory=threading.Event)  # while it is not set, no request is answered

    def answer_next(self, status: int, headers: dict[str, str] | None = None, body: bytes = b"") -> None:
        """Answer a coming request with this."""
        self.answers.append((status, headers or {}, body))


@pytest.fixture
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """A receiver for one test."""
    with receive() as receiver:
        yield receiver


@pytest.fixture
def second_receiver() -> Iterator[WebhookReceiver]:
    """Another receiver for the same test."""
    with receive() as receiver:
        yield receiver


@contextmanager
def receive(tls: ssl.SSLContext | None = None) -> Iterator[WebhookReceiver]:
    """Receive webhooks while the block runs."""
    state = WebhookReceiver(url="")
    state.blocked.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            state.received.append(Received(path=self.path, headers=headers, body=body))
            state.blocked.wait(20)
            status, fields, content = state.answers.pop(0) if state.answers else (204, {}, b"")
            self.send_response(status)
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    state.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield state
    finally:
        state.blocked.set()
        server.shutdown()
        server.server_close()
