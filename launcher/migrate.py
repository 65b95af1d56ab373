"""Migrate the configured database to the newest schema: ``python -m launcher.migrate``."""

import sys

from launcher.configuration import configured_settings
from launcher.errors import RefusedSettingsError
from service.settings import Settings
from store.accounts import audit, keys
from store.accounts.audit import Action, Actor
from store.accounts.keys import KeyGrant
from store.db.database import open_database, open_sessions
from store.db.migrate import migrate
from store.db.transaction import transaction

NOT_CONFIGURED = 78  # EX_CONFIG of sysexits.h: a restart would fail the same way


def main() -> int:
    """Migrate the database, and store the key of ``BACKPROP_API_KEY`` if it is set."""
    try:
        return run(configured_settings())
    except RefusedSettingsError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code


def run(settings: Settings) -> int:
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


if __name__ == "__main__":
    sys.exit(main())
