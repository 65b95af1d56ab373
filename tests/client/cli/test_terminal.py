"""In a terminal, the command asks first and draws curves; Ctrl-C leaves the job running and says how to return."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import backprop_client
from tests.support.client_commands import KEY, Service

PACKAGE = Path(backprop_client.__file__).parents[1]
WAIT_SECONDS = 40.0


class Terminal:
    """A command in a terminal of 100 by 30 characters."""

    def __init__(self, process: subprocess.Popen[bytes], descriptor: int) -> None:
        self.process = process
        self.output = ""
        self._descriptor = descriptor

    def wait_for(self, text: str) -> None:
        """Read until `text` was printed."""
        deadline = time.monotonic() + WAIT_SECONDS
        while text not in self.output:
            assert time.monotonic() < deadline, self.output[-2000:]
            assert self._read(), self.output[-2000:]

    def end(self) -> int:
        """Read until the command has ended; return its exit code."""
        while self._read():
            pass
        return self.process.wait(WAIT_SECONDS)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._descriptor, keys)

    def _read(self) -> bool:
        if not select.select([self._descriptor], [], [], 1.0)[0]:
            return True
        try:
            data = os.read(self._descriptor, 65536)
        except OSError:  # the command has closed the terminal
            return False
        self.output += data.decode(errors="replace")
        return bool(data)


@contextmanager
def terminal(service: Service, folder: Path, *arguments: str, **environment: str) -> Iterator[Terminal]:
    """Run the command in a terminal."""
    outside, inside = pty.openpty()
    settings = {"BACKPROP_URL": service.url, "BACKPROP_API_KEY": KEY, "PYTHONPATH": str(PACKAGE)}
    process = subprocess.Popen(
        [sys.executable, "-m", "backprop_client.cli", *arguments],
        cwd=folder,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", **settings, **environment},
        stdin=inside,
        stdout=inside,
        stderr=inside,
        start_new_session=True,
        preexec_fn=_heed_ctrl_c,  # noqa: PLW1509 - runs one system call
    )
    os.close(inside)
    try:
        yield Terminal(process, outside)
    finally:
        process.kill()
        process.wait()
        os.close(outside)


def _heed_ctrl_c() -> None:
    """Undo what shells do to commands in the background, and those pass on to theirs: they ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_ctrl_c_leaves_the_job_running_and_prints_how_to_return(service: Service, folder: Path) -> None:
    (folder / "long.json").write_text('{"training": {"early_stopping": null, "epochs": 10000}}')
    with terminal(service, folder, "train", "flowers.csv", "-t", "kind", "--spec", "long.json") as shown:
        shown.wait_for("Train now? [Y/n]")
        shown.press(b"\n")
        shown.wait_for("validation loss ")
        shown.process.send_signal(signal.SIGINT)
        assert shown.end() == 130
    assert re.search("[\u2801-\u28ff]", shown.output), "curves"
    (job,) = re.findall(r"backprop watch (\w+)", shown.output)
    with terminal(service, folder, "stop", job) as stopping:
        assert stopping.end() == 0
    with terminal(service, folder, "watch", job, NO_COLOR="1") as watching:
        assert watching.end() == 0
    assert "it was stopped" in watching.output
    assert "\x1b[3" not in watching.output, "a color"


def test_no_starts_nothing(service: Service, folder: Path) -> None:
    with terminal(service, folder, "train", "flowers.csv", "-t", "kind") as shown:
        shown.wait_for("Train now? [Y/n]")
        shown.press(b"n\n")
        assert shown.end() == 0
    assert "No job was started." in shown.output
