"""How many bytes a project stores."""

from collections import Counter

from sqlalchemy import func, select

from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Blob, Dataset, Model, Project, Upload, Weights


def uploaded_bytes(tx: Tx, project: ProjectId) -> int:
    """The total size of the project's data sets, uploaded weights and unfinished uploads."""
    each = (
        select(func.coalesce(func.sum(table.bytes), 0)).where(table.project_id == project)
        for table in (Dataset, Weights)
    )
    unfinished = select(func.coalesce(func.sum(Upload.bytes), 0)).where(
        Upload.project_id == project, Upload.answer.is_(None)
    )
    return sum(int(tx.scalar(query) or 0) for query in (*each, unfinished))


def stored_bytes(tx: Tx) -> dict[str, int]:
    """How many bytes each project stores: its data sets and weights in the database, and its models."""
    stored = Counter[str]()
    for table in (Dataset, Weights, Model):
        sizes = select(table.project_id, func.sum(Blob.bytes)).join(Blob, Blob.id == table.blob_id)
        stored.update({project: int(size) for project, size in tx.execute(sizes.group_by(table.project_id))})
    return stored


def lock_project(tx: Tx, project: ProjectId) -> None:
    """Make others who count what the project has wait until this transaction ends, so that its count stays true."""
    tx.execute(select(Project.id).where(Project.id == project).with_for_update(key_share=True))
