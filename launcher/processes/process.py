"""One part of the service as a process: started, gated, heard, ended."""

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
LAST_LINES = 20  # of a part's output, kept for the message about its death


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What to run: a Python module of this project, or a program that is not ours."""

    name: str
    module: str | None = None
    command: Sequence[str] = ()
    preload: Sequence[str] = ()  # modules to import while the part waits for its gate
    linger: float = 0.0  # seconds it outlives a killed launcher, for those who still need it
    log: Path | None = None  # where it writes, if not to its output
    environment: Mapping[str, str] = field(default_factory=dict)

    def argv(self, gate: int | None) -> list[str]:
        """The command line under the launcher's guard."""
        guard = [sys.executable, "-P", "-m", "launcher.processes.child", "--parent", str(os.getpid())]
        guard += ["--linger", str(self.linger)]
        if gate is not None:
            guard += ["--gate", str(gate), "--preload", ",".join(self.preload)]
        kind, target = ("module", [self.module, *self.command]) if self.module else ("command", self.command)
        return [*guard, kind, *(part for part in target if part is not None)]


class Process:
    """One life of a part."""

    def __init__(self, part: Part, console: Console, *, gated: bool = False, lock: int | None = None) -> None:
        self.part = part
        self.started = time.monotonic()
        self._output: deque[str] = deque(maxlen=LAST_LINES)
        self._console = console
        gate: int | None = None
        self._gate: int | None = None
        if gated:
            gate, self._gate = os.pipe()
        self._popen = subprocess.Popen(  # noqa: S603 - parts are ours to name
            part.argv(gate),
            cwd=ROOT,
            env={**os.environ, **part.environment, "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # else Ctrl-C would reach the broker first
            pass_fds=[fd for fd in (gate, lock) if fd is not None],
        )
        if gate is not None:
            os.close(gate)
        self._reader = threading.Thread(target=self._read, name=f"{part.name}-output", daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process id, also its session's and group's."""
        return self._popen.pid

    @property
    def age(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self.started

    def last_lines(self) -> list[str]:
        """The end of what it said."""
        lines = list(self._output)
        if self.part.log and self.part.log.exists():
            lines += self.part.log.read_text(errors="replace").splitlines()[-LAST_LINES:]
        return lines

    def open_gate(self) -> None:
        """Let it run, if it was waiting."""
        if self._gate is None:
            return
        with contextlib.suppress(BrokenPipeError):  # it has died, which whoever watches it will see
            os.write(self._gate, GATE_OPEN)
        self._drop_gate()

    def ended(self) -> int | None:
        """Its exit code once it has ended; whatever it left in its group is killed then."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return None
        self._signal_group(signal.SIGKILL)  # before it is collected: the group's number is still its own
        code = self._popen.wait()
        self._reader.join(timeout=1.0)
        self._drop_gate()
        return code

    def terminate(self) -> None:
        """Ask it, not its own children, to end."""
        os.kill(self.pid, signal.SIGTERM)  # Popen.send_signal would collect a dead one before its group is killed

    def kill(self) -> None:
        """End it and all it has started."""
        self._signal_group(signal.SIGKILL)

    def _signal_group(self, signum: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses for the dead
            os.killpg(self.pid, signum)

    def _drop_gate(self) -> None:
        if self._gate is not None:
            os.close(self._gate)
            self._gate = None

    def _read(self) -> None:
        output = self._popen.stdout
        assert output is not None  # noqa: S101 - it was asked for
        with output:
            for raw in output:
                line = raw.decode(errors="replace").rstrip()
                self._output.append(line)
                self._console.line(self.part.name, line)
