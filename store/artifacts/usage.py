"""How much a project keeps."""

from sqlalchemy import func, select

from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Dataset, Project, Weights


def uploaded_bytes(tx: Tx, project: ProjectId) -> int:
    """The size of all that the project has uploaded and not deleted."""
    each = (
        select(func.coalesce(func.sum(table.bytes), 0)).where(table.project_id == project)
        for table in (Dataset, Weights)
    )
    return sum(int(tx.scalar(query) or 0) for query in each)


def wait_for_turn(tx: Tx, project: ProjectId) -> None:
    """Let the uploads of a project be counted one after the other until the transaction ends."""
    tx.execute(select(Project.id).where(Project.id == project).with_for_update(key_share=True))
