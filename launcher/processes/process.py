"""One process of the service: start it, hold it at a gate, read its output, end it."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from launcher.processes.child import GATE_OPEN
from launcher.processes.console import Console

ROOT = Path(__file__).resolve().parents[2]
LAST_LINES = 20  # of a part's output, for the error message when it ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What to run: a Python module of this project, or a program that is not ours."""

    name: str
    module: str | None = None
    command: Sequence[str] = ()
    preload: Sequence[str] = ()  # modules to import while the part waits for its gate
    linger: float = 0.0  # seconds it outlives a killed launcher, for parts that still need it
    log: Path | None = None  # its log file, if it does not write to its output
    environment: Mapping[str, str] = field(default_factory=dict)

    def argv(self, gate: int | None) -> list[str]:
        """Return the command line that runs the part and watches the launcher."""
        command = [sys.executable, "-P", "-m", "launcher.processes.child", "--parent", str(os.getpid())]
        command += ["--linger", str(self.linger)]
        if gate is not None:
            command += ["--gate", str(gate), "--preload", ",".join(self.preload)]
        kind, target = ("module", [self.module, *self.command]) if self.module else ("command", self.command)
        return [*command, kind, *(part for part in target if part is not None)]


class Process:
    """One run of a part."""

    def __init__(self, part: Part, console: Console, *, gated: bool = False, lock: int | None = None) -> None:
        self.part = part
        self.started = time.monotonic()
        self._output: deque[str] = deque(maxlen=LAST_LINES)
        self._console = console
        gate: int | None = None
        self._gate: int | None = None
        if gated:
            gate, self._gate = os.pipe()
        self._popen = subprocess.Popen(  # noqa: S603 - the commands are our own
            part.argv(gate),
            cwd=ROOT,
            env={**os.environ, **part.environment, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # otherwise Ctrl-C would reach the broker first
            pass_fds=[fd for fd in (gate, lock) if fd is not None],
        )
        if gate is not None:
            os.close(gate)
        self._reader = threading.Thread(target=self._read, name=f"{part.name}-output", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id, also the id of its session and group."""
        return self._popen.pid

    @property
    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self.started

    def last_lines(self) -> list[str]:
        """Return the last lines of its output and its log file."""
        lines = list(self._output)
        if self.part.log and self.part.log.exists():
            lines += self.part.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return lines

    def open_gate(self) -> None:
        """Let it run, if it is waiting at the gate."""
        if self._gate is None:
            return
        with contextlib.suppress(BrokenPipeError):  # it has ended; the supervisor will notice
            os.write(self._gate, GATE_OPEN)
        self._drop_gate()

    def ended(self) -> int | None:
        """Return its exit code if it has ended, and kill the rest of its process group; None while it runs."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._signal_group(signal.SIGKILL)  # before it is collected: until then its group id cannot be reused
        code = self._popen.wait()
        self._reader.join(timeout=1.0)
        self._drop_gate()
        return code

    def terminate(self) -> None:
        """Send SIGTERM to it, but not to its children."""
        os.kill(self.pid, signal.SIGTERM)  # Popen.send_signal would collect an ended process before its group is killed

    def kill(self) -> None:
        """Kill it and all processes it has started."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses this for ended processes
            os.killpg(self.pid, signum)

    def _drop_gate(self) -> None:
        if self._gate is not None:
            os.close(self._gate)
            self._gate = None

    def _read(self) -> None:
        output = self._popen.stdout
        assert output is not None  # noqa: S101 - Popen was given PIPE
        with output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip()
                self._output.append(line)
                self._console.line(self.part.name, line)
