"""An empty, migrated database for each test: once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator

import pytest

from store.db.database import Sessions, open_database, open_sessions
from store.db.transaction import transaction
from store.ids import ProjectId
from store.tables import Project


@pytest.fixture
def sessions(database_url: str) -> Iterator[Sessions]:
    """Sessions on an empty, migrated database."""
    engine = open_database(database_url)
    yield open_sessions(engine)
    engine.dispose()


@pytest.fixture
def other_project(sessions: Sessions) -> ProjectId:
    """A project besides the default one."""
    with transaction(sessions) as tx:
        tx.add(Project(id="prj_other", name="other"))
    return ProjectId("prj_other")
