"""Start the service for the demo on a free port and a temporary folder, and stop it again."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

START_SECONDS = 60.0  # for a slow or busy machine; two seconds are usual
STOP_SECONDS = 10.0


class DemoError(Exception):
    """A step of the demo failed."""


@contextmanager
def running_service(folder: Path) -> Iterator[str]:
    """Run the whole service with its data in `folder`; yield its URL once it is ready."""
    port = free_port()
    command = [sys.executable, "-P", "-m", "launcher", "serve", "--port", str(port), "--data", str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKPROP_")}
    with (folder / "service.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own launcher
            command, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)


def free_port() -> int:
    """Return a port that is not in use."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Poll ``/readyz`` until its status is 200."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise DemoError("the service did not start")
