"""The whole one-machine service starts, says so, and leaves no process behind however it ends."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.readiness import readiness

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0  # on a busy machine; by itself it takes one or two
GONE_SECONDS = 8.0  # promised within 5, on a machine that does nothing else


class Launched:
    """A launcher in a process of its own."""

    def __init__(self, data: Path, *options: str) -> None:
        self.log = data.parent / "log"
        command = [sys.executable, "-P", "-m", "launcher", "serve", "--data", str(data), "--workers", "1", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("BACKPROP_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                env={**environment, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def wait_until_ready(self) -> int:
        """Wait for the line that says where it listens; the port."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            if ready := re.search(r"ready in [\d.]+ s: http://127.0.0.1:(\d+)", self.output()):
                return int(ready[1])
            time.sleep(0.05)
        raise AssertionError(self.output())

    def output(self) -> str:
        """What it has said so far."""
        return self.log.read_text(errors="replace")

    def descendants(self) -> list[int]:
        """Every process below it."""
        return below(self.process.pid)


Launch = Callable[..., Launched]


def below(process: int) -> list[int]:
    """Every process that ``process`` has started, and those in turn."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [pid for child in map(int, children) for pid in (child, *below(child))]


def still_there(processes: list[int]) -> list[int]:
    """Those that still run after ``GONE_SECONDS`` at most; zombies have ended."""
    deadline = time.monotonic() + GONE_SECONDS
    while (alive := [pid for pid in processes if _runs(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data of mine"


@pytest.fixture
def launch(data: Path) -> Iterator[Launch]:
    """Launch the service on this test's folder, as often as wanted; all of it ends with the test."""
    launched: list[Launched] = []

    def launch(*options: str) -> Launched:
        launched.append(Launched(data, *options))
        return launched[-1]

    yield launch
    for one in launched:
        one.process.terminate()
        one.process.wait(2 * GONE_SECONDS)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_ends_with_0_and_leaves_nothing_behind(launch: Launch, how: signal.Signals) -> None:
    launched = launch("--port", "0")
    port = launched.wait_until_ready()
    assert readiness("127.0.0.1", port)[0] == 200
    processes = launched.descendants()
    assert len(processes) >= 5  # broker and its guardian, API, worker, scheduler
    launched.process.send_signal(how)
    assert launched.process.wait(GONE_SECONDS) == 0
    assert still_there(processes) == []


def test_killed_it_leaves_nothing_behind_and_can_be_started_again_at_once(launch: Launch) -> None:
    launched = launch("--port", "0")
    port = launched.wait_until_ready()
    processes = launched.descendants()
    launched.process.kill()
    launched.process.wait()
    launched.log.unlink()
    again = launch("--port", str(port))
    assert still_there(processes) == []
    assert again.wait_until_ready() == port


def test_a_second_service_on_the_same_folder_is_refused(launch: Launch) -> None:
    first = launch("--port", "0")
    first.wait_until_ready()
    second = launch("--port", "0")
    assert second.process.wait(START_SECONDS) == 1
    assert f"in use by process {first.process.pid}" in second.output()


def test_beyond_loopback_it_demands_a_key_and_does_not_try_again(launch: Launch) -> None:
    launched = launch("--host", "0.0.0.0", "--port", "0")
    assert launched.process.wait(START_SECONDS) == 78
    assert "Create a key" in launched.output()
    assert "starting it again" not in launched.output()
