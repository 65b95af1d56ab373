"""Schema versions: the one that the code needs, and the one that a database has."""

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from store.db.database import open_sessions

ROOT = Path(__file__).resolve().parents[2]


def needed_version() -> str:
    """The schema version that this code needs: the number of the newest migration."""
    return max(path.name[:4] for path in (ROOT / "migrations" / "versions").glob("[0-9]*.py"))


def version_of(engine: Engine) -> str | None:
    """The schema version of the database; None if it is empty."""
    with open_sessions(engine)() as session:
        if not inspect(session.connection()).has_table("alembic_version"):
            return None
        version: str | None = session.scalar(text("SELECT version_num FROM alembic_version"))
        return version
