"""Run one part of the service in a process that never outlives the launcher.

The launcher starts every part as ``python -m launcher.processes.child``, each as the leader of its own session. A
thread here watches the launcher. When the launcher has ended, the part receives SIGTERM; a little later its whole
process group is killed. Only the standard library is imported before the part itself, to keep the start fast.
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

WATCH_SECONDS = 0.25  # how often a part checks that the launcher is alive
GATE_OPEN = b"g"
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(arguments: Sequence[str]) -> int:
    """Watch the launcher and run the part that ``arguments`` name."""
    options = _parse(arguments)
    if options.kind == "command":
        return _run_program(options)
    threading.Thread(
        target=_end_when_orphaned, args=(options, _terminate_self), name="launcher-watch", daemon=True
    ).start()
    _import(options.preload)
    if options.gate is not None and not _wait_for_gate(options.gate):
        return 0
    sys.argv = [options.target, *options.rest]
    try:
        runpy.run_module(options.target, run_name="__main__", alter_sys=True)
    finally:
        gc.unfreeze()  # otherwise the last collection skips the modules, and extensions report leaks
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="launcher.processes.child")
    parser.add_argument("--parent", type=int, required=True, help="process id of the launcher")
    parser.add_argument("--gate", type=int, help="file descriptor that tells when to run")
    parser.add_argument("--preload", default="", help="modules to import before the gate, separated by commas")
    parser.add_argument("--linger", type=float, default=0.0, help="seconds to continue after the launcher has ended")
    parser.add_argument("--grace", type=float, default=3.0, help="seconds between SIGTERM and SIGKILL")
    parser.add_argument("kind", choices=["module", "command"])
    parser.add_argument("target")
    parser.add_argument("rest", nargs=argparse.REMAINDER)
    return parser.parse_args(arguments)


def _run_program(options: argparse.Namespace) -> int:
    """Run a program that is not ours as a child, in the same process group."""
    program = subprocess.Popen(  # noqa: S603 - the launcher says what to run
        [options.target, *options.rest],
        close_fds=False,
        preexec_fn=_end_with_parent(),  # noqa: PLW1509 - one system call, and no thread exists yet
    )
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: program.terminate())
    threading.Thread(target=_end_when_orphaned, args=(options, program.terminate), daemon=True).start()
    return program.wait()


def _end_with_parent() -> Callable[[], None] | None:
    """Return a function that makes the Linux kernel end the program when this process is killed."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)  # loaded here, because nothing may be allocated between fork and exec
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


def _import(names: str) -> None:
    """Import modules that the part needs, while other parts are still starting."""
    gc.disable()  # imports create hardly any garbage, so collecting wastes time
    for name in filter(None, names.split(",")):
        importlib.import_module(name)
    gc.freeze()  # modules live for good: skip them, and keep their memory shared with forked workers
    gc.enable()


def _wait_for_gate(gate: int) -> bool:
    """Wait until the launcher opens the gate; false if the launcher ended instead."""
    with os.fdopen(gate, "rb") as pipe:
        return pipe.read(1) == GATE_OPEN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
