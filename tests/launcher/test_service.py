"""The one-machine service starts, reports that it is ready, and leaves nothing behind, however it ends."""

import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.readiness import readiness
from tests.support.launched import GONE_SECONDS, START_SECONDS, Launched, still_running

Launch = Callable[..., Launched]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data of mine"


@pytest.fixture
def launch(data: Path) -> Iterator[Launch]:
    """Start the service on this test's data folder; everything is stopped after the test."""
    launched: list[Launched] = []

    def launch(*options: str, **environment: str) -> Launched:
        launched.append(Launched(data, *options, **environment))
        return launched[-1]

    yield launch
    for one in launched:
        one.process.terminate()
        one.process.wait(2 * GONE_SECONDS)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A temporary folder with a name that is short enough for the path of a Unix socket."""
    with tempfile.TemporaryDirectory(prefix="bp-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stop_signal_ends_all_processes_and_leaves_no_temporary_files(
    launch: Launch, how: signal.Signals, temporary: Path
) -> None:
    launched = launch("--port", "0", TMPDIR=str(temporary))
    port = launched.wait_until_ready()
    assert readiness("127.0.0.1", port)[0] == 200
    processes = launched.descendants()
    assert len(processes) >= 5  # broker and its parent, API, worker, scheduler
    launched.process.send_signal(how)
    assert launched.process.wait(GONE_SECONDS) == 0
    assert still_running(processes) == []
    assert list(temporary.iterdir()) == []


def test_killed_launcher_leaves_no_process_and_can_restart_at_once(launch: Launch) -> None:
    launched = launch("--port", "0")
    port = launched.wait_until_ready()
    processes = launched.descendants()
    launched.process.kill()
    launched.process.wait()
    launched.log.unlink()
    again = launch("--port", str(port))
    assert still_running(processes) == []
    assert again.wait_until_ready() == port


def test_a_second_service_on_the_same_folder_is_refused(launch: Launch) -> None:
    first = launch("--port", "0")
    first.wait_until_ready()
    second = launch("--port", "0")
    assert second.process.wait(START_SECONDS) == 1
    assert f"in use by process {first.process.pid}" in second.output()


def test_listening_beyond_loopback_requires_a_key(launch: Launch) -> None:
    launched = launch("--host", "0.0.0.0", "--port", "0")
    assert launched.process.wait(START_SECONDS) == 78
    assert "Create a key" in launched.output()
    assert "restarting it" not in launched.output()
