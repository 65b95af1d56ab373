"""Create, list and revoke API keys: ``backprop-server key create --name billing``."""

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from launcher.configuration import chosen_settings
from launcher.errors import RefusedSettingsError
from service.accounts import api_keys
from service.command_name import COMMAND
from service.settings import Settings
from store.accounts import audit, keys
from store.accounts.audit import Action, Actor
from store.accounts.keys import KeyGrant, KeyInfo
from store.clock import rfc3339
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import Tx, transaction
from store.errors import NotFound
from store.ids import KeyId, ProjectId

COLUMNS = ("id", "name", "project", "scopes", "created", "expires", "revoked")


def run(options: argparse.Namespace) -> int:
    """Run the command; exit code 1 if the key could not be created or found."""
    try:
        sys.stdout.write(ACTIONS[options.action](chosen_settings(options.data), options))
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
            raise ValueError(f"There is no key {key_id!r}. `{COMMAND} key list` shows all keys.") from None
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
    project = ProjectId(options.project)
    grant = KeyGrant(name=options.name, project=project, scopes=options.scopes, valid_seconds=options.expires)
    return create_key(settings, grant) + "\n"


def _list(settings: Settings, options: argparse.Namespace) -> str:
    rows = [COLUMNS, *(_columns(key) for key in list_keys(settings, options.project and ProjectId(options.project)))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join(lines) + "\n"


def _revoke(settings: Settings, options: argparse.Namespace) -> str:
    revoke_key(settings, KeyId(options.key_id))
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


ACTIONS = {"create": _create, "list": _list, "revoke": _revoke}
