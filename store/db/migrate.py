"""Bring the database to the newest schema: ``python -m store.db.migrate``."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, select, text

from service.settings import Settings, settings
from store.accounts import keys
from store.db.database import open_database, open_sessions
from store.db.transaction import transaction
from store.ids import DEFAULT_PROJECT
from store.tables import Project

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parents[2]
NOT_CONFIGURED = 78  # EX_CONFIG of sysexits.h: starting again would not help
POSTGRESQL_LOCK = 7_340_031  # any number: one migration at a time


def newest() -> str:
    """The schema version that this code needs."""
    return max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))


def current(engine: Engine) -> str | None:
    """The schema version that the database has; None for an empty one."""
    with open_sessions(engine)() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return None
        version: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
        return version


def migrate(url: str) -> None:
    """Create or upgrade the tables at `url`, and the default project."""
    engine = open_database(url)
    try:
        if current(engine) != newest():
            _upgrade(url)
        with transaction(open_sessions(engine)) as tx:
            if tx.scalar(select(Project.id).where(Project.id == DEFAULT_PROJECT)) is None:
                tx.add(Project(id=DEFAULT_PROJECT, name="default"))
    finally:
        engine.dispose()


def _upgrade(url: str) -> None:
    from alembic import command  # noqa: PLC0415 - takes half a second, and mostly there is nothing to do

    command.upgrade(config(url), "head")


def config(url: str) -> "Config":
    """What Alembic needs to know to change the tables at `url`."""
    from alembic.config import Config  # noqa: PLC0415 - the same

    made = Config(ROOT / "alembic.ini")
    made.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    made.attributes["url"] = url
    return made


def main() -> int:
    """Migrate the database of the settings, and make the key of the settings valid."""
    here = settings()
    if not here.database_url:
        here.data.mkdir(parents=True, exist_ok=True)
    migrate(here.database)
    if key := here.api_key.get_secret_value():
        try:
            _make_valid(key, here)
        except ValueError as error:
            sys.stderr.write(f"BACKPROP_API_KEY: {error}\n")
            return NOT_CONFIGURED
    return 0


def _make_valid(key: str, here: Settings) -> None:
    engine = open_database(here.database)
    with transaction(open_sessions(engine)) as tx:
        keys.add(tx, key, here.secret(), name="BACKPROP_API_KEY")
    engine.dispose()


if __name__ == "__main__":
    sys.exit(main())
