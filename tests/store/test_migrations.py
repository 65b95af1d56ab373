"""The schema that migrations make is the one the code describes, on either database."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from store import migrate
from store.database import open_database
from store.tables import Base


def test_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing_and_the_version_is_the_newest(database_url: str) -> None:
    migrate.migrate(database_url)
    engine = open_database(database_url)
    assert migrate.current(engine) == migrate.newest()
    engine.dispose()


def test_an_empty_database_has_no_version(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'empty.db'}")
    assert migrate.current(engine) is None
    engine.dispose()
