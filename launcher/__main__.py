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


def main(arguments: Sequence[str]) -> int:
    """Serve as ``arguments`` ask; the exit code is 0 after a stop that was asked for."""
    console = Console()
    try:
        serve(parse(arguments), console)
    except LaunchError as error:
        console.say(f"error: {error}")
        return error.exit_code
    return 0


def parse(arguments: Sequence[str]) -> Options:
    """The options in ``arguments``, with the defaults filled in."""
    parser = argparse.ArgumentParser(prog="dev", description="Run the whole service on this machine.")
    serve_parser = parser.add_subparsers(required=True).add_parser(
        "serve", help="broker, database, workers, scheduler and API in the foreground"
    )
    serve_parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    serve_parser.add_argument("--port", type=port, default=8000, help="port, 0 for any free one (%(default)s)")
    serve_parser.add_argument(
        "--data",
        type=Path,
        default=os.environ.get("BACKPROP_DATA") or "data",
        help="folder for database, broker and uploads (%(default)s)",
    )
    serve_parser.add_argument(
        "--workers", type=count, default=cores(), help="jobs that train at the same time (cores: %(default)s)"
    )
    found = parser.parse_args(arguments)
    return Options(host=found.host, port=found.port, data=found.data.absolute(), workers=found.workers)


def port(text: str) -> int:
    """A port number, 0 to 65535."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is not a port (0 to 65535)")
    return number


def count(text: str) -> int:
    """A number of workers, at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least one worker is needed")
    return number


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
