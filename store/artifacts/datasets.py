"""Data sets: a profile to show and canonical Parquet to train on."""

from typing import Any

from sqlalchemy import delete, select

from store.artifacts import blobs
from store.artifacts.references import is_needed
from store.db.pages import Page, page
from store.db.transaction import Lock, Tx
from store.errors import DatasetInUse, NotFound
from store.ids import DatasetId, ProjectId, is_id, new_id
from store.tables import Dataset, Job


def create(tx: Tx, project: ProjectId, blob_id: str, **columns: Any) -> Dataset:
    """Insert a data set whose Parquet is the blob `blob_id`."""
    dataset = Dataset(id=new_id("ds"), project_id=project, blob_id=blob_id, **columns)
    tx.add(dataset)
    tx.flush()
    return dataset


def get(tx: Tx, project: ProjectId, dataset_id: str, lock: Lock | None = None) -> Dataset:
    """The project's data set; "keep" keeps it from being removed until the transaction ends."""
    query = select(Dataset).where(Dataset.id == dataset_id, Dataset.project_id == project)
    if lock is not None:
        query = query.with_for_update(read=lock == "keep")
    dataset = tx.scalar(query) if is_id(dataset_id) else None
    if dataset is None:
        raise NotFound(f"there is no data set {dataset_id}")
    return dataset


def blob_of(tx: Tx, dataset_id: DatasetId) -> str | None:
    """The blob of a data set, for a worker; None when it is gone."""
    return tx.scalar(select(Dataset.blob_id).where(Dataset.id == dataset_id))


def page_of(tx: Tx, project: ProjectId, cursor: str | None, limit: int) -> Page[Dataset]:
    """The project's data sets, newest first."""
    return page(tx, select(Dataset).where(Dataset.project_id == project), Dataset.id, cursor, limit)


def remove(tx: Tx, project: ProjectId, dataset_id: str) -> None:
    """Delete a data set that no unfinished job needs."""
    dataset = get(tx, project, dataset_id, lock="remove")
    if is_needed(tx, Job.dataset_id, dataset_id):
        raise DatasetInUse(f"a job that has not ended needs data set {dataset_id}")
    tx.execute(delete(Dataset).where(Dataset.id == dataset_id))
    blobs.remove(tx, [dataset.blob_id])
