"""How many bytes a project stores."""

from sqlalchemy import func, select

from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Dataset, Project, Weights


def uploaded_bytes(tx: Tx, project: ProjectId) -> int:
    """The total size of the project's data sets and uploaded weights."""
    each = (
        select(func.coalesce(func.sum(table.bytes), 0)).where(table.project_id == project)
        for table in (Dataset, Weights)
    )
    return sum(int(tx.scalar(query) or 0) for query in each)


def lock_project(tx: Tx, project: ProjectId) -> None:
    """Make others who count what the project has wait until this transaction ends, so that its count stays true."""
    tx.execute(select(Project.id).where(Project.id == project).with_for_update(key_share=True))
