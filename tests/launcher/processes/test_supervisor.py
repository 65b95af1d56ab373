"""The supervisor restarts parts, gives up after repeated failures, and leaves no process behind."""

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
from tests.support.launched import is_running

TIMEOUT_SECONDS = 10.0


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(output: io.StringIO) -> Iterator[Supervisor]:
    supervisor = Supervisor(Console(output), first_pause=0.01)
    yield supervisor
    supervisor.stop()


def python(name: str, code: str) -> Part:
    """Return a part that runs a few lines of Python."""
    return Part(name=name, command=[sys.executable, "-c", textwrap.dedent(code)])


def until(condition: Callable[[], object], supervisor: Supervisor | None = None) -> None:
    """Wait until the condition is true; let the supervisor check its parts meanwhile."""
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "the condition did not become true"
        if supervisor:
            supervisor.check()
        time.sleep(0.01)


def test_output_of_a_part_is_labeled_with_its_name(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.run(python("worker", "print('epoch 1')"), meanwhile=lambda: None)
    assert "worker    | epoch 1\n" in output.getvalue()


def test_a_part_that_ends_is_restarted_with_a_message(
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
    assert "api ended (exit code 9); restarting it" in output.getvalue()


def test_five_short_runs_end_the_service_with_the_last_output(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start(python("api", "raise SystemExit('no table called jobs')"))
    with pytest.raises(LaunchError, match=r"(?s)no table called jobs.*ended within 5 s of its start 5 times"):
        until(lambda: False, supervisor)
    assert output.getvalue().count("restarting it") == 4


def test_rejected_settings_end_the_service_without_a_restart(supervisor: Supervisor, output: io.StringIO) -> None:
    supervisor.start(python("api", "print('make a key first'); raise SystemExit(78)"))
    with pytest.raises(RefusedSettingsError) as refused:
        until(lambda: False, supervisor)
    assert refused.value.exit_code == 78
    assert "make a key first" in output.getvalue()
    assert "restarting it" not in output.getvalue()


def test_a_failed_migration_is_an_error_with_its_output(supervisor: Supervisor) -> None:
    with pytest.raises(LaunchError, match=r"(?s)migrate ended \(exit code 1\).*disk full"):
        supervisor.run(python("migrate", "raise SystemExit('disk full')"), meanwhile=lambda: None)


def test_children_of_an_ended_part_are_killed(supervisor: Supervisor, tmp_path: Path) -> None:
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
    until(lambda: not is_running(grandchild), supervisor)


def test_the_broker_stops_after_the_other_parts(supervisor: Supervisor, tmp_path: Path) -> None:
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


def test_a_part_that_ignores_sigterm_is_killed(output: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
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
    assert not is_running(process.pid)
    assert "did not stop in time" in output.getvalue()


def test_a_gated_module_runs_only_after_the_gate_opens(
    supervisor: Supervisor, output: io.StringIO, tmp_path: Path
) -> None:
    part = Part(name="api", module="this", preload=["json"], environment={"TMPDIR": str(tmp_path)})
    process = supervisor.start(part, gated=True)
    time.sleep(0.3)
    assert "Zen" not in output.getvalue()
    process.open_gate()
    until(lambda: "The Zen of Python" in output.getvalue())


def test_parts_end_when_their_launcher_is_killed(tmp_path: Path) -> None:
    """A small launcher starts a module and a program, writes their ids, and is killed."""
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
    assert len(members) == 3  # the module, the program and its parent
    os.killpg(launcher.pid, signal.SIGKILL)
    until(lambda: not any(map(is_running, members)))
    outer.stop()


def group(leader: int) -> list[int]:
    """Return all processes in the group of ``leader``."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if _group_of(pid) == leader]


def _group_of(process: int) -> int | None:
    try:
        return os.getpgid(process)
    except ProcessLookupError:
        return None
