"""Schema versions: the one that the code needs, and the one that a database has."""

from pathlib import Path

from sqlalchemy import inspect, text

from store.db.transaction import Tx

ROOT = Path(__file__).resolve().parents[2]


def needed_version() -> str:
    """The schema version that this code needs: the number of the newest migration."""
    return max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))


def version_of(tx: Tx) -> str | None:
    """The schema version of the database; None if it is empty."""
    if not inspect(tx.connection()).has_table("alembic_version"):
        return None
    version: str | None = tx.scalar(text("SELECT version_num FROM alembic_version"))
    return version
