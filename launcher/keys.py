"""Create, list and revoke API keys: ``./dev key create --name billing``."""

import argparse
import getpass
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from launcher.configuration import configured_settings
from launcher.errors import RefusedSettingsError
from service.accounts import api_keys
from service.settings import Settings
from store.accounts import audit, keys
from store.accounts.audit import Action, Actor
from store.accounts.keys import KeyGrant, KeyInfo
from store.clock import rfc3339
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import Tx, transaction
from store.errors import NotFound
from store.ids import DEFAULT_PROJECT, KeyId, ProjectId

SECONDS = {"d": 86_400, "h": 3_600, "m": 60}
COLUMNS = ("id", "name", "project", "scopes", "created", "expires", "revoked")


def main(arguments: Sequence[str]) -> int:
    """Run the command; exit code 1 if the key could not be created or found."""
    options = _parse(arguments)
    try:
        chosen = configured_settings() if options.data is None else Settings(data=options.data)
        sys.stdout.write(options.run(chosen, options))
    except (ValueError, RefusedSettingsError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def create_key(settings: Settings, grant: KeyGrant) -> str:
    """Create a key in the configured database and return it.

    Raises:
        ValueError: the project or a scope does not exist.
    """
    with _database(settings) as tx:
        try:
            info, key = api_keys.create(tx, None, settings.secret(), grant)
        except NotFound:
            raise ValueError(f"There is no project {grant.project!r}.") from None
        _record(tx, "create_key", info)
    return key


def list_keys(settings: Settings, project: ProjectId | None = None) -> list[KeyInfo]:
    """Return the keys in the configured database, oldest first."""
    with _database(settings) as tx:
        return keys.every(tx, project)


def revoke_key(settings: Settings, key_id: KeyId) -> None:
    """Make a key invalid; the API refuses it within one second.

    Raises:
        ValueError: there is no such key.
    """
    with _database(settings) as tx:
        try:
            info = api_keys.revoke(tx, None, key_id)
        except NotFound:
            raise ValueError(f"There is no key {key_id!r}. `./dev key list` shows all keys.") from None
        _record(tx, "revoke_key", info)


def _record(tx: Tx, operation: str, key: KeyInfo) -> None:
    """Write who ran the command to the audit log."""
    actor = Actor(kind="command_line", name=_user())
    audit.record(tx, actor, Action(project=key.project, operation=operation, resource_id=key.id))


def _user() -> str | None:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number without a name
        return None


def _create(settings: Settings, options: argparse.Namespace) -> str:
    grant = KeyGrant(name=options.name, project=options.project, scopes=options.scopes, valid_seconds=options.expires)
    return create_key(settings, grant) + "\n"


def _list(settings: Settings, options: argparse.Namespace) -> str:
    rows = [COLUMNS, *(_columns(key) for key in list_keys(settings, options.project))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _revoke(settings: Settings, options: argparse.Namespace) -> str:
    revoke_key(settings, options.key_id)
    return f"{options.key_id} is revoked\n"


def _columns(key: KeyInfo) -> tuple[str, ...]:
    times = (rfc3339(time) if time is not None else "-" for time in (key.created_at, key.expires_at, key.revoked_at))
    return (key.id, key.name, key.project, ",".join(key.scopes), *times)


@contextmanager
def _database(settings: Settings) -> Iterator[Tx]:
    """One transaction in the configured database, which is created or upgraded first if needed."""
    if not settings.database_url:
        settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    engine = open_database(settings.database)
    try:
        with transaction(open_sessions(engine)) as tx:
            yield tx
    finally:
        engine.dispose()


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev key", description="Once a key exists, every request needs one.")
    commands = parser.add_subparsers(required=True, metavar="create|list|revoke")
    create = commands.add_parser("create", help="create a key and print it, once")
    create.add_argument("--name", default="default", help="a name for your own lists (%(default)s)")
    create.add_argument("--project", type=ProjectId, default=DEFAULT_PROJECT, help="its project (%(default)s)")
    create.add_argument("--scopes", type=_scopes, default=keys.SCOPES, help="read, write, admin, separated by commas")
    create.add_argument("--expires", type=_duration, help="time until it expires, such as 90d or 12h (never)")
    create.set_defaults(run=_create)
    listing = commands.add_parser("list", help="list all keys, revoked and expired ones included")
    listing.add_argument("--project", type=ProjectId, help="only the keys of this project")
    listing.set_defaults(run=_list)
    revoke = commands.add_parser("revoke", help="make a key invalid")
    revoke.add_argument("key_id", type=KeyId, metavar="KEY_ID", help="its id, as `list` shows it")
    revoke.set_defaults(run=_revoke)
    for command in (create, listing, revoke):
        command.add_argument("--data", type=Path, help="the --data folder of ./dev serve (the BACKPROP_ settings)")
    return parser.parse_args(arguments)


def _scopes(text: str) -> tuple[str, ...]:
    scopes = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in scopes if name not in keys.SCOPES]:
        raise argparse.ArgumentTypeError(f"unknown scope {unknown[0]!r}; scopes are {', '.join(keys.SCOPES)}")
    return scopes


def _duration(text: str) -> int:
    match = re.fullmatch(r"([1-9]\d{0,5})([dhm])", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration such as 90d, 12h or 30m")
    return int(match[1]) * SECONDS[match[2]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
