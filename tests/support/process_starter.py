"""Start parts of the service quickly: fork them from a process that has imported what they need.

A new Python process spends one to three seconds of CPU time on imports, and the tests start hundreds. The starter is
one process per process of pytest. Each part that it forks has its own session, environment and arguments, and runs as
`python -m MODULE` would from there on. When pytest ends, however it ends, the starter kills what is left.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

SHARES_MEMORY = "worker.drain"  # between the process that imports it and the processes that it forks
READS_ENVIRONMENT = "store.db.failpoints"  # when it is imported
PRELOADED = (  # only modules that neither share memory nor read the environment
    "api.app",
    "api.server.guarded_protocol",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "kombu.transport.redis",
    "logging.config",
    "tabular.readers.sandbox",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.main",
    "worker.maintenance.accounts.job_deletions",
    "worker.maintenance.accounts.job_retention",
    "worker.maintenance.duty",
    "worker.registration",
    "worker.runner",
    "worker.webhooks.deliverer",
)
MESSAGE_BYTES = 1 << 20  # a whole environment fits

_asking = threading.Lock()


class StartedPart:
    """A part that runs, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, starter: socket.socket, pid: int) -> None:
        self._starter = starter
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Return the exit status, or minus the signal that ended it; None while the process runs."""
        if self.returncode is None:
            self.returncode = _ask(self._starter, {"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process ends. Raises `TimeoutExpired`."""
        if self.poll() is None:
            handle = os.pidfd_open(self.pid)
            try:
                if not _is_readable(handle, timeout):
                    raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            finally:
                os.close(handle)
        status = self.poll()
        assert status is not None
        return status

    def send_signal(self, which: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            os.kill(self.pid, which)

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.send_signal(signal.SIGTERM)


def start_part(module: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> StartedPart:
    """Run a module as the main program of a new process, with its output in the file `log`."""
    request = {"module": module, "arguments": arguments, "environment": dict(environment), "log": str(log)}
    return StartedPart(_starter(), _ask(_starter(), request))


@functools.cache
def _starter() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-P", "-m", __spec__.name, str(theirs.fileno())]
        starter = subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)

    def end() -> None:
        ours.close()
        starter.wait()

    atexit.register(end)
    return ours


def _ask(starter: socket.socket, request: dict[str, Any]) -> Any:
    with _asking:
        starter.sendall(json.dumps(request).encode())
        return json.loads(starter.recv(MESSAGE_BYTES))


def _is_readable(handle: int, seconds: float | None) -> bool:
    return bool(select.select([handle], [], [], seconds)[0])


# --- in the starter


def main() -> None:
    """Import, then answer requests. A forked process returns from `_serve` with the part that it is to run."""
    gc.disable()  # imports create hardly any garbage
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()
    assert SHARES_MEMORY not in sys.modules, "parts must not share memory"
    part = _serve(socket.socket(fileno=int(sys.argv[1])))
    if part is None:
        os._exit(0)  # otherwise extensions report the frozen modules as leaks
    _run(part)


def _serve(requests: socket.socket) -> dict[str, Any] | None:
    parts = set[int]()
    while message := requests.recv(MESSAGE_BYTES):
        request = json.loads(message)
        if "poll" in request:
            answer = _status(request["poll"], parts)
        elif answer := os.fork():
            parts.add(answer)
        else:
            requests.close()
            part: dict[str, Any] = request
            return part
        with suppress(BrokenPipeError):  # pytest has ended: what was just started must end, too
            requests.sendall(json.dumps(answer).encode())
    for pid in parts:
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
    return None


def _status(pid: int, parts: set[int]) -> int | None:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if not ended:
        return None
    parts.remove(pid)
    return os.waitstatus_to_exitcode(status)


def _run(part: dict[str, Any]) -> None:
    os.setsid()
    log = os.open(part["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.close(log)
    os.environ.clear()
    os.environ.update(part["environment"])
    importlib.reload(importlib.import_module(READS_ENVIRONMENT))
    gc.unfreeze()
    gc.enable()
    sys.argv = [part["module"], *part["arguments"]]
    runpy.run_module(part["module"], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
