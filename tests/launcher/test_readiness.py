"""The readiness check reports status and body, or why there is no response."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from launcher.__main__ import main
from launcher.machine import free_port
from launcher.readiness import readiness


class Health(BaseHTTPRequestHandler):
    """Answers /readyz with 503 and everything else with 200."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/readyz" else 200)
        self.end_headers()
        self.wfile.write(b"no worker")

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """The port of a server that is alive but not ready."""
    with HTTPServer(("127.0.0.1", 0), Health) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_status_and_body_are_returned(port: int) -> None:
    assert readiness("127.0.0.1", port) == (503, "no worker")


def test_no_response_is_status_0_with_the_reason() -> None:
    status, reason = readiness("127.0.0.1", free_port("127.0.0.1", 0))
    assert (status, "Connection refused" in reason) == (0, True)


@pytest.mark.parametrize(("path", "code"), [("/readyz", 1), ("/healthz", 0)])
def test_the_exit_code_is_0_only_for_status_200(
    port: int, path: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ready", "--port", str(port), "--path", path]) == code
    assert "no worker" in capsys.readouterr().out
