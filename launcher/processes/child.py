"""Run one part of the service in a process that never outlives the launcher.

The launcher starts every part as ``python -m launcher.processes.child``, each as the leader of its own session. A
thread here watches the launcher. When the launcher is gone, the part is asked to end; a little later its whole process
group is killed. Only the standard library is imported before the part itself, because every start waits for it.
"""

import argparse
import ctypes
import gc
import importlib
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

WATCH_SECONDS = 0.25  # how often a part looks whether the launcher lives
GATE_OPEN = b"g"
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(arguments: Sequence[str]) -> int:
    """Watch the launcher and become the part that ``arguments`` name."""
    options = _parse(arguments)
    if options.kind == "command":
        return _guard(options)
    threading.Thread(
        target=_end_when_orphaned, args=(options, _terminate_self), name="launcher-watch", daemon=True
    ).start()
    _load(options.preload)
    if options.gate is not None and not _pass(options.gate):
        return 0
    sys.argv = [options.target, *options.rest]
    try:
        runpy.run_module(options.target, run_name="__main__", alter_sys=True)
    finally:
        gc.unfreeze()  # else the last collection passes over the modules, and extensions complain of leaks
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launcher.processes.child")
    parser.add_argument("--parent", type=int, required=True, help="process id of the launcher")
    parser.add_argument("--gate", type=int, help="file descriptor to read a go-ahead from")
    parser.add_argument("--preload", default="", help="modules to import before the gate, comma separated")
    parser.add_argument("--linger", type=float, default=0.0, help="seconds to go on once the launcher is gone")
    parser.add_argument("--grace", type=float, default=3.0, help="seconds from the request to end to the kill")
    parser.add_argument("kind", choices=["module", "command"])
    parser.add_argument("target")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser.parse_args(arguments)


def _guard(options: argparse.Namespace) -> int:
    """Run a foreign program beside this process, in the same process group."""
    program = subprocess.Popen(  # noqa: S603 - the launcher says what to run
        [options.target, *options.rest],
        close_fds=False,
        preexec_fn=_end_with_guardian(),  # noqa: PLW1509 - one system call, and no thread exists yet
    )
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: program.terminate())
    threading.Thread(target=_end_when_orphaned, args=(options, program.terminate), daemon=True).start()
    return program.wait()


def _end_with_guardian() -> Callable[[], None] | None:
    """On Linux, what makes the kernel end the program when its guardian is killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here: nothing may be allocated between fork and exec
    return lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _end_when_orphaned(options: argparse.Namespace, terminate: Callable[[], None]) -> None:
    while os.getppid() == options.parent:
        time.sleep(WATCH_SECONDS)
    time.sleep(options.linger)
    terminate()
    time.sleep(options.grace)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _terminate_self() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def _load(names: str) -> None:
    """Import what the part will need, while others still prepare the ground."""
    gc.disable()  # imports make no garbage worth the time of looking for it
    for name in filter(None, names.split(",")):
        importlib.import_module(name)
    gc.freeze()  # modules stay: never look at them again, and leave their pages shared with forked workers
    gc.enable()


def _pass(gate: int) -> bool:
    """Wait for the go-ahead; false if the launcher went away instead."""
    with os.fdopen(gate, "rb") as pipe:
        return pipe.read(1) == GATE_OPEN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
