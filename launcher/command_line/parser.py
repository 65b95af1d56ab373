"""All commands with their options and their help."""

import argparse
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from launcher.command_line import values
from launcher.machine import cores
from service.command_name import COMMAND
from service.version import VERSION

DESCRIPTION = """\
Backprop trains neural networks over HTTP. This command runs and maintains it.

One machine needs one command. It starts everything and keeps all data in DIR:
  {command} serve --data DIR

On many machines, run the parts by themselves. Set BACKPROP_DATABASE_URL and
BACKPROP_REDIS_URL for all of them:
  {command} migrate      once for each new version
  {command} api          on one machine or more
  {command} worker       on as many machines as you like
  {command} scheduler    on one machine or more
"""
EPILOG = """\
`{command} COMMAND --help` explains the options of a command.
Settings are environment variables: see docs/settings.md.
"""
SERVE = """\
Run API, workers, scheduler, broker and database in the foreground. Ctrl-C or
SIGTERM stops them: running jobs are checkpointed and continue at the next start.
"""
KEY = """\
Create, list and revoke API keys. Once a key exists, every request needs one.

  {command} key create --name billing --scopes read,write --expires 90d
  {command} key list
  {command} key revoke KEY_ID
"""
MIGRATE = """\
Upgrade the database to the current schema, and make the key in BACKPROP_API_KEY
valid. `{command} serve` does this by itself. Back up the database first.
"""
BACKUP = """\
Copy the SQLite database and the secret key to FOLDER, a new data folder. The
service may run meanwhile; the copy has the state at the start of the command.
To restore, run: {command} serve --data FOLDER
"""
API = "Answer HTTP requests until SIGTERM. Requests in progress are finished first."
WORKER = """\
Train queued jobs until SIGTERM. Running jobs are then checkpointed and returned
to the queue.
"""
SCHEDULER = """\
Requeue the jobs of lost workers, deliver webhooks and remove old data, until
SIGTERM. Several schedulers may run.
"""
READY = "Print the answer of a health check. Exits with 0 if the service is ready, else with 1."
DATA = "the data folder of the service; without it, BACKPROP_DATABASE_URL or BACKPROP_DATA decide"


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line. `command` names what to run; the other values are its options.

    Prints help or an error and exits if the arguments ask for help or are not valid.
    """
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=DESCRIPTION.format(command=COMMAND),
        epilog=EPILOG.format(command=COMMAND),
        formatter_class=_format,
    )
    version = f"backprop-server {VERSION} (Python {platform.python_version()})"
    parser.add_argument("--version", action="version", version=version, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", title="commands")
    for add in (_serve, _key, _migrate, _backup, _api, _worker, _scheduler, _ready):
        add(commands)
    return parser.parse_args(arguments)


def _command(commands: Any, name: str, summary: str, description: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=description.format(command=COMMAND),
        formatter_class=_format,
    )
    return parser


def _format(prog: str) -> argparse.RawDescriptionHelpFormatter:
    """Keep line breaks of descriptions; options have a column that fits their names."""
    return argparse.RawDescriptionHelpFormatter(prog, max_help_position=28)


def _serve(commands: Any) -> None:
    parser = _command(commands, "serve", "run everything on this machine", SERVE)
    _address(parser, "0 selects a free port")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        default=os.environ.get("BACKPROP_DATA") or "data",
        help="folder of the database, the broker and uploads (BACKPROP_DATA, or ./data)",
    )
    parser.add_argument(
        "--workers",
        type=values.workers,
        metavar="N",
        default=cores(),
        help="jobs that train in parallel (%(default)s: one per core)",
    )
    parser.add_argument(
        "--api-processes",
        type=values.api_processes,
        metavar="N",
        default=os.environ.get("BACKPROP_API_PROCESSES") or 1,
        help="processes that answer requests (%(default)s)",
    )
    _first_key(parser)


def _address(parser: argparse.ArgumentParser, about_port: str = "") -> None:
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on (%(default)s); addresses beyond loopback need an API key",
    )
    port_help = "port to listen on (%(default)s)" + (f"; {about_port}" if about_port else "")
    parser.add_argument("--port", type=values.port, default=8000, help=port_help)


def _key(commands: Any) -> None:
    parser = _command(commands, "key", "create, list and revoke API keys", KEY)
    actions = parser.add_subparsers(dest="action", required=True, metavar="create|list|revoke")
    create = actions.add_parser("create", help="create a key and print it, once")
    create.add_argument("--name", default="default", help="a name for your own lists (%(default)s)")
    create.add_argument("--project", metavar="ID", default="prj_default", help="its project (%(default)s)")
    create.add_argument(
        "--scopes",
        type=values.scopes,
        metavar="LIST",
        default=values.SCOPES,
        help="what it permits: read, write, admin, separated by commas (all three)",
    )
    create.add_argument("--expires", type=values.duration, metavar="TIME", help="such as 90d, 12h or 30m (never)")
    listing = actions.add_parser("list", help="list all keys, revoked and expired ones included")
    listing.add_argument("--project", metavar="ID", help="only the keys of this project")
    revoke = actions.add_parser("revoke", help="make a key invalid")
    revoke.add_argument("key_id", metavar="KEY_ID", help="its id, as `list` shows it")
    for action in (create, listing, revoke):
        _data(action)


def _migrate(commands: Any) -> None:
    parser = _command(commands, "migrate", "upgrade the database to the current schema", MIGRATE)
    _first_key(parser)
    _data(parser)


def _first_key(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--first-key", action="store_true", help="if no API key exists, create one and print it, once")


def _backup(commands: Any) -> None:
    parser = _command(commands, "backup", "copy the database of a running service to a new data folder", BACKUP)
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the folder to create")
    _data(parser)


def _data(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, metavar="DIR", help=DATA)


def _api(commands: Any) -> None:
    parser = _command(commands, "api", "run the HTTP API only", API)
    _address(parser)
    parser.add_argument(
        "--processes",
        type=values.api_processes,
        metavar="N",
        help="processes that share the port (BACKPROP_API_PROCESSES, or 1)",
    )


def _worker(commands: Any) -> None:
    parser = _command(commands, "worker", "run a worker only", WORKER)
    parser.add_argument(
        "--concurrency",
        type=values.workers,
        metavar="N",
        default=cores(),
        help="jobs that train in parallel (%(default)s: one per core)",
    )


def _scheduler(commands: Any) -> None:
    _command(commands, "scheduler", "run the scheduler only", SCHEDULER)


def _ready(commands: Any) -> None:
    parser = _command(commands, "ready", "check whether a service is ready", READY)
    parser.add_argument("--host", default="127.0.0.1", help="its address (%(default)s)")
    parser.add_argument("--port", type=values.port, default=8000, help="its port (%(default)s)")
    parser.add_argument(
        "--path", default="/readyz", help="/healthz checks only that the API process is alive (%(default)s)"
    )
