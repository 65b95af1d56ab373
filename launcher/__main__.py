"""The command `backprop-server`, in a checkout `./dev`: run and maintain the service."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from launcher.command_line.parser import parse
from launcher.errors import LaunchError
from launcher.options import Options
from launcher.processes.console import Console

ROOT = Path(__file__).resolve().parents[1]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0 after success or a requested stop, else the exit code of the error."""
    options = parse(arguments)
    return COMMANDS[options.command](options)


def _serve(options: argparse.Namespace) -> int:
    from launcher.serve import serve  # noqa: PLC0415 - each command imports what it needs, so that all start fast

    console = Console()
    try:
        serve(serve_options(options), console)
    except LaunchError as error:
        console.say(f"error: {error}")
        return error.exit_code
    return 0


def serve_options(found: argparse.Namespace) -> Options:
    """Return the options of ``serve``; the data folder is relative to the caller's folder."""
    return Options(
        host=found.host,
        port=found.port,
        data=found.data.absolute(),
        workers=found.workers,
        api_processes=found.api_processes,
        first_key=found.first_key,
    )


def _key(options: argparse.Namespace) -> int:
    from launcher.keys import run  # noqa: PLC0415 - as above

    return run(options)


def _migrate(options: argparse.Namespace) -> int:
    from launcher.migrate import run  # noqa: PLC0415 - as above

    return run(options.data, first_key=options.first_key)


def _backup(options: argparse.Namespace) -> int:
    from launcher.backup import run  # noqa: PLC0415 - as above

    return run(options.folder, options.data)


def _api(options: argparse.Namespace) -> NoReturn:
    processes = [] if options.processes is None else ["--processes", str(options.processes)]
    _become("api", "--host", options.host, "--port", str(options.port), *processes)


def _worker(options: argparse.Namespace) -> NoReturn:
    _become("worker", "--concurrency", str(options.concurrency))


def _scheduler(_options: argparse.Namespace) -> NoReturn:
    _become("worker.maintenance.scheduler")


def _ready(options: argparse.Namespace) -> int:
    from launcher.readiness import run  # noqa: PLC0415 - as above

    return run(options.host, options.port, options.path)


def _become(module: str, *arguments: str) -> NoReturn:
    """Replace this process by a part of the service, so that signals reach it."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    os.execve(sys.executable, [sys.executable, "-P", "-m", module, *arguments], environment)  # noqa: S606 - no shell


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "serve": _serve,
    "key": _key,
    "migrate": _migrate,
    "backup": _backup,
    "api": _api,
    "worker": _worker,
    "scheduler": _scheduler,
    "ready": _ready,
}

if __name__ == "__main__":
    sys.exit(main())
