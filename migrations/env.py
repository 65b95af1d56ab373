"""Connect Alembic to the database through the store's own engine; one migration runs at a time."""

from alembic import context
from sqlalchemy import text

from service.settings import settings
from store.db.database import open_database
from store.db.upgrade import POSTGRESQL_LOCK
from store.tables import Base


def run() -> None:
    """Apply the selected migrations in one transaction."""
    engine = open_database(context.config.attributes.get("url") or settings().database, has_timeouts=False)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transactional_ddl=True,
        )
        with connection.begin():
            if engine.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({POSTGRESQL_LOCK})"))
            context.run_migrations()
    engine.dispose()


run()
