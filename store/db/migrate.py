"""Bring a database to the schema that the code needs."""

from sqlalchemy import select

from store.db.database import open_database, open_sessions
from store.db.schema import needed_version, version_of
from store.db.transaction import snapshot, transaction
from store.ids import DEFAULT_PROJECT
from store.tables import Project


def migrate(url: str) -> None:
    """Create or upgrade the tables at `url`, and create the default project."""
    engine = open_database(url)
    try:
        with snapshot(open_sessions(engine)) as tx:
            version = version_of(tx)
        if version != needed_version():
            from store.db.upgrade import upgrade  # noqa: PLC0415 - importing Alembic takes long; most starts need none

            upgrade(url)
        with transaction(open_sessions(engine)) as tx:
            if tx.scalar(select(Project.id).where(Project.id == DEFAULT_PROJECT)) is None:
                tx.add(Project(id=DEFAULT_PROJECT, name="default"))
    finally:
        engine.dispose()
