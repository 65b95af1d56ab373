"""Migrate the configured database to the newest schema, and make its first API keys: ``backprop-server migrate``."""

import sys
from pathlib import Path

from launcher.configuration import chosen_settings
from launcher.errors import RefusedSettingsError
from launcher.keys import create_key
from service.settings import Settings
from store.accounts import audit, keys
from store.accounts.audit import Action, Actor
from store.accounts.keys import KeyGrant
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import snapshot, transaction

NOT_CONFIGURED = 78  # EX_CONFIG of sysexits.h: a restart would fail the same way
FIRST_KEY = """\
There was no API key, so this one was created. It is shown only here; keep it:
  {key}
"""


def run(data: Path | None = None, *, first_key: bool = False) -> int:
    """Migrate the database, and store the key of ``BACKPROP_API_KEY`` if it is set.

    Args:
        data: the data folder; without it, the settings of the environment decide.
        first_key: create a key and print it if none exists afterwards.

    Returns:
        The exit code.
    """
    try:
        settings = chosen_settings(data)
    except RefusedSettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    code = migrate_and_store_key(settings)
    if code == 0 and first_key:
        _create_first_key(settings)
    return code


def migrate_and_store_key(settings: Settings) -> int:
    """Migrate the configured database and store the configured API key; returns the exit code."""
    if not settings.database_url:
        settings.data.mkdir(parents=True, exist_ok=True)
    migrate(settings.database)
    if key := settings.api_key.get_secret_value():
        try:
            _store_key(settings, key)
        except ValueError as error:
            sys.stderr.write(f"BACKPROP_API_KEY: {error}\n")
            return NOT_CONFIGURED
    return 0


def _store_key(settings: Settings, key: str) -> None:
    engine = open_database(settings.database)
    with transaction(open_sessions(engine)) as tx:
        is_known = keys.caller_of(tx, key, settings.secret()) is not None
        info = keys.add(tx, key, settings.secret(), KeyGrant(name="BACKPROP_API_KEY"))
        if not is_known:
            action = Action(project=info.project, operation="create_key", resource_id=info.id)
            audit.record(tx, Actor(kind="command_line", name="migrate"), action)
    engine.dispose()


def _create_first_key(settings: Settings) -> None:
    engine = open_database(settings.database)
    with snapshot(open_sessions(engine)) as tx:
        is_first = not keys.any_exist(tx)
    engine.dispose()
    if is_first:
        key = create_key(settings, KeyGrant(name="first"))
        sys.stdout.write(FIRST_KEY.format(key=key))
