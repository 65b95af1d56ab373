"""How many bytes a project stores."""

from collections import Counter

from sqlalchemy import func, select

from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import IS_BATCH, Blob, Dataset, Job, Model, Project, Upload, Weights


def uploaded_bytes(tx: Tx, project: ProjectId) -> int:
    """The total size of the project's data sets, uploaded weights, unfinished uploads and results of batches."""
    each = (
        select(func.coalesce(func.sum(table.bytes), 0)).where(table.project_id == project)
        for table in (Dataset, Weights)
    )
    unfinished = select(func.coalesce(func.sum(Upload.bytes), 0)).where(
        Upload.project_id == project, Upload.answer.is_(None)
    )
    results = select(func.coalesce(func.sum(Blob.bytes), 0)).join(Job, Job.result_blob_id == Blob.id)
    results = results.where(Job.project_id == project, IS_BATCH)
    return sum(int(tx.scalar(query) or 0) for query in (*each, unfinished, results))


def stored_bytes(tx: Tx) -> dict[str, int]:
    """How many bytes each project stores: its data sets, weights, models and results of batches."""
    stored = Counter[str]()
    for blob_id in (Dataset.blob_id, Weights.blob_id, Model.blob_id, Job.result_blob_id):
        owner = blob_id.class_.project_id
        sizes = select(owner, func.sum(Blob.bytes)).join(Blob, Blob.id == blob_id).group_by(owner)
        stored.update({project: int(size) for project, size in tx.execute(sizes)})
    return stored


def lock_project(tx: Tx, project: ProjectId) -> None:
    """Make others who count what the project has wait until this transaction ends, so that its count stays true."""
    tx.execute(select(Project.id).where(Project.id == project).with_for_update(key_share=True))
