"""The supervisor keeps parts running, gives up on hopeless ones and leaves nothing behind."""

import io
import os
import signal
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launcher.errors import LaunchError, RefusedSettingsError
from launcher.processes.console import Console
from launcher.processes.process import Part
from launcher.processes.supervisor import Supervisor

PATIENCE_SECONDS = 10.0


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(output: io.StringIO) -> Iterator[Supervisor]:
    supervisor = Supervisor(Console(output), first_pause=0.01)
    yield supervisor
    supervisor.stop()


def python(name: str, code: str) -> Part:
    """A part that runs a few lines of Python."""
    return Part(name=name, command=[sys.executable, "-c", textwrap.dedent(code)])


def until(happened: Callable[[], object], supervisor: Supervisor | None = None) -> None:
    """Wait for something, looking after the parts in the meantime."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, "waited in vain"
        if supervisor:
            supervisor.check()
        time.sleep(0.01)


def alive(process: int) -> bool:
    """Whether a process runs, zombies aside."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_lines_of_a_part_appear_under_its_name(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.run(python("worker", "print('epoch 1')"), meanwhile=lambda: None)
    assert "worker    | epoch 1\n" in output.getvalue()


def test_a_part_that_dies_is_started_again_and_said_so(
    supervisor: Supervisor, output: io.StringIO, tmp_path: Path
) -> None:
    lives = tmp_path / "lives"
    code = f"""
        import os, signal, time
        with open({str(lives)!r}, "a") as file:
            file.write("x")
        if os.path.getsize({str(lives)!r}) < 3:
            os._exit(9)
        time.sleep(60)
    """
    supervisor.start(python("api", code))
    until(lambda: lives.exists() and lives.read_text() == "xxx", supervisor)
    assert "api ended (exit code 9); starting it again" in output.getvalue()


def test_a_part_that_dies_at_once_five_times_ends_the_service_with_its_last_words(
    supervisor: Supervisor, output: io.StringIO
) -> None:
    supervisor.start(python("api", "raise SystemExit('no table called jobs')"))
    with pytest.raises(LaunchError, match=r"(?s)no table called jobs.*died at once 5 times"):
        until(lambda: False, supervisor)
    assert output.getvalue().count("starting it again") == 4


def test_refused_settings_end_the_service_without_another_try(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start(python("api", "print('make a key first'); raise SystemExit(78)"))
    with pytest.raises(RefusedSettingsError) as refused:
        until(lambda: False, supervisor)
    assert refused.value.exit_code == 78
    assert "make a key first" in output.getvalue()
    assert "starting it again" not in output.getvalue()


def test_a_failed_preparation_is_an_error_with_its_output(supervisor: Supervisor) -> None:
    with pytest.raises(LaunchError, match=r"(?s)migrate ended \(exit code 1\).*disk full"):
        supervisor.run(python("migrate", "raise SystemExit('disk full')"), meanwhile=lambda: None)


def test_what_a_dead_part_had_started_dies_with_it(supervisor: Supervisor, tmp_path: Path) -> None:
    pids = tmp_path / "pid"
    code = f"""
        import subprocess, sys, os
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        with open({str(pids)!r}, "w") as file:
            file.write(str(child.pid))
        os._exit(1)
    """
    supervisor.start(python("worker", code))
    until(lambda: pids.exists() and pids.read_text(), supervisor)
    grandchild = int(pids.read_text())
    until(lambda: not alive(grandchild), supervisor)


def test_parts_stop_in_order_with_the_broker_last(supervisor: Supervisor, tmp_path: Path) -> None:
    stops = tmp_path / "stops"
    code = """
        import signal, sys, time
        def stop(*_):
            time.sleep({delay})
            with open({file!r}, "a") as file:
                file.write("{name} ")
            sys.exit(0)
        signal.signal(signal.SIGTERM, stop)
        print("up", flush=True)
        time.sleep(60)
    """
    names = {"broker": 0.0, "worker": 0.3}
    processes = [
        supervisor.start(python(name, code.format(name=name, delay=delay, file=str(stops))))
        for name, delay in names.items()
    ]
    until(lambda: all(process.last_lines() for process in processes), supervisor)
    supervisor.stop(last=["broker"])
    assert stops.read_text().split() == ["worker", "broker"]


def test_a_part_that_ignores_the_request_to_end_is_killed(output: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launcher.processes.supervisor.DRAIN_SECONDS", 0.3)
    supervisor = Supervisor(Console(output))
    code = """
        import signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("up", flush=True)
        time.sleep(60)
    """
    process = supervisor.start(python("worker", code))
    until(process.last_lines)
    supervisor.stop()
    assert not alive(process.pid)
    assert "did not end in time" in output.getvalue()


def test_a_gated_module_waits_for_the_go_ahead(supervisor: Supervisor, output: io.StringIO, tmp_path: Path) -> None:
    part = Part(name="api", module="this", preload=["json"], environment={"TMPDIR": str(tmp_path)})
    process = supervisor.start(part, gated=True)
    time.sleep(0.3)
    assert "Zen" not in output.getvalue()
    process.open_gate()
    until(lambda: "The Zen of Python" in output.getvalue())


def test_a_part_ends_by_itself_when_its_launcher_is_killed(tmp_path: Path) -> None:
    """The stand-in launcher starts a module and a program, writes their ids, and is killed."""
    pids = tmp_path / "pids"
    code = f"""
        import sys, time
        from launcher.processes.console import Console
        from launcher.processes.process import Part
        from launcher.processes.supervisor import Supervisor
        supervisor = Supervisor(Console())
        program = Part(name="broker", command=[sys.executable, "-c", "import time; time.sleep(60)"])
        parts = [Part(name="api", module="http.server", command=["0"]), program]
        processes = [supervisor.start(part) for part in parts]
        time.sleep(0.5)
        with open({str(pids)!r}, "w") as file:
            file.write(" ".join(str(process.pid) for process in processes))
        time.sleep(60)
    """
    outer = Supervisor(Console(io.StringIO()))
    launcher = outer.start(python("launcher", code))
    until(lambda: pids.exists() and pids.read_text())
    leaders = [int(pid) for pid in pids.read_text().split()]
    members = [pid for leader in leaders for pid in group(leader)]
    assert len(members) == 3  # the module, the guardian and its program
    os.killpg(launcher.pid, signal.SIGKILL)
    until(lambda: not any(map(alive, members)))
    outer.stop()


def group(leader: int) -> list[int]:
    """Every process of the group that ``leader`` leads."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if _group_of(pid) == leader]


def _group_of(process: int) -> int | None:
    try:
        return os.getpgid(process)
    except ProcessLookupError:
        return None
