"""Run the Alembic migrations on a database."""

import sys
import threading

from alembic import command
from alembic.config import Config

from store.db.schema import ROOT

PATIENCE_SECONDS = 5.0  # most upgrades take less
STILL_RUNNING = (
    "Upgrading the database. This takes minutes if it has millions of jobs, and waits while other processes use it.\n"
)
POSTGRESQL_LOCK = 7_340_031  # an arbitrary number: the advisory lock that lets one migration run at a time


def upgrade(url: str) -> None:
    """Apply all migrations that the database at `url` does not have yet."""
    patience = threading.Timer(PATIENCE_SECONDS, sys.stderr.write, [STILL_RUNNING])
    patience.daemon = True
    patience.start()
    try:
        command.upgrade(alembic_config(url), "head")
    finally:
        patience.cancel()


def alembic_config(url: str) -> Config:
    """The Alembic configuration for the database at `url`."""
    config = Config()  # without alembic.ini, which belongs to the checkout
    config.set_main_option("script_location", str(ROOT / "migrations").replace("%", "%%"))
    config.attributes["url"] = url
    return config
