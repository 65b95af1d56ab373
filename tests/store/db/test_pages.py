"""Pages: cursors, the last page, and invalid cursors."""

import pytest
from sqlalchemy import select

from store.db.database import Sessions
from store.db.pages import InvalidCursor, page
from store.db.transaction import Tx, snapshot, transaction
from store.tables import Project


def project_page(tx: Tx, cursor: str | None, limit: int = 2) -> tuple[list[str], str | None]:
    found = page(tx, select(Project).where(Project.name == "listed"), Project.id, cursor, limit)
    return [row.id for row in found.rows], found.next_cursor


def test_pages_follow_each_other_newest_first(sessions: Sessions) -> None:
    with transaction(sessions) as tx:
        tx.add_all(Project(id=f"prj_{number}", name="listed") for number in range(4))
    with snapshot(sessions) as tx:
        first, cursor = project_page(tx, None)
        second, end = project_page(tx, cursor)
    assert (first, second, end) == (["prj_3", "prj_2"], ["prj_1", "prj_0"], None)


@pytest.mark.parametrize("cursor", ["", "?", "cHJqXw", "éé", "cHJqIDE"])
def test_invalid_cursor_is_refused(sessions: Sessions, cursor: str) -> None:
    with pytest.raises(InvalidCursor, match="Use the next_cursor"), snapshot(sessions) as tx:
        project_page(tx, cursor)
