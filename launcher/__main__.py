"""The command line: ``python -m launcher serve``."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from launcher.errors import LaunchError
from launcher.machine import cores
from launcher.options import Options
from launcher.processes.console import Console
from launcher.serve import serve

WORKERS_PER_CORE = 8
MAX_API_PROCESSES = 64
MIN_WORKER_LIMIT = 64  # so that tests of scheduling need no large machine


def main(arguments: Sequence[str]) -> int:
    """Run the service until it is stopped; return 0 after a requested stop, else the exit code of the error."""
    console = Console()
    try:
        serve(parse(arguments), console)
    except LaunchError as error:
        console.say(f"error: {error}")
        return error.exit_code
    return 0


def parse(arguments: Sequence[str]) -> Options:
    """Parse the options and fill in the defaults."""
    parser = argparse.ArgumentParser(prog="./dev", description="Run the whole service on this machine.")
    serve_parser = parser.add_subparsers(required=True).add_parser(
        "serve", help="broker, database, workers, scheduler and API in the foreground"
    )
    serve_parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (%(default)s); addresses beyond loopback need an API key",
    )
    serve_parser.add_argument(
        "--port", type=port, default=8000, help="port to listen on (%(default)s); 0 selects a free port"
    )
    serve_parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("BACKPROP_DATA") or "data",
        help="folder of the database, the broker and uploads (%(default)s)",
    )
    serve_parser.add_argument(
        "--workers", type=workers, default=cores(), help="jobs that train in parallel (%(default)s: one per core)"
    )
    serve_parser.add_argument(
        "--api-processes",
        type=api_processes,
        default=os.environ.get("BACKPROP_API_PROCESSES") or 1,
        help="processes that answer requests (%(default)s)",
    )
    found = parser.parse_args(arguments)
    return Options(
        host=found.host,
        port=found.port,
        data=found.data.absolute(),
        workers=found.workers,
        api_processes=found.api_processes,
    )


def port(text: str) -> int:
    """Parse a port number."""
    return _whole_number(text, "a port", 0, 65535)


def workers(text: str) -> int:
    """Parse a number of workers; far more of them than cores only compete for CPU and memory."""
    return _whole_number(text, "the number of workers", 1, max(MIN_WORKER_LIMIT, WORKERS_PER_CORE * cores()))


def api_processes(text: str) -> int:
    """Parse a number of API processes."""
    return _whole_number(text, "the number of API processes", 1, MAX_API_PROCESSES)


def _whole_number(text: str, name: str, low: int, high: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is invalid: {name} is a whole number from {low} to {high}")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
