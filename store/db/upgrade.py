"""Run the Alembic migrations on a database."""

from alembic import command
from alembic.config import Config

from store.db.schema import ROOT

POSTGRESQL_LOCK = 7_340_031  # an arbitrary number: the advisory lock that lets one migration run at a time


def upgrade(url: str) -> None:
    """Apply all migrations that the database at `url` does not have yet."""
    command.upgrade(alembic_config(url), "head")


def alembic_config(url: str) -> Config:
    """The Alembic configuration for the database at `url`."""
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    return config
