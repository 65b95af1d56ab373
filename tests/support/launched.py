"""Run the launcher as a process of its own, and find the processes it started."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 120.0  # for a busy machine; three seconds are usual
GONE_SECONDS = 8.0  # promised: 5 on an idle machine


class Launched:
    """A running `serve` command."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        self.log = data.parent / "log"
        command = [sys.executable, "-P", "-m", "launcher", "serve", "--data", str(data), "--workers", "1", *options]
        outer = {name: value for name, value in os.environ.items() if not name.startswith("BACKPROP_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**outer, "PYTHONPATH": str(ROOT), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> int:
        """Wait until the service is ready; return its port."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if ready := re.search(r"ready in [\d.]+ s: http://127.0.0.1:(\d+)", self.output()):
                return int(ready[1])
            time.sleep(0.05)
        raise AssertionError(self.output())

    def output(self) -> str:
        """Return its output so far."""
        return self.log.read_text(errors="replace")

    def descendants(self) -> list[int]:
        """Return the ids of all processes below it."""
        return descendants_of(self.process.pid)


def descendants_of(process: int) -> list[int]:
    """Return the ids of the children of ``process`` and of their children."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [pid for child in map(int, children) for pid in (child, *descendants_of(child))]


def still_running(processes: list[int]) -> list[int]:
    """Return those that still run after ``GONE_SECONDS``; zombies count as ended."""
    deadline = time.monotonic() + GONE_SECONDS
    while (alive := [pid for pid in processes if is_running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def is_running(process: int) -> bool:
    """Whether a process exists and is no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
