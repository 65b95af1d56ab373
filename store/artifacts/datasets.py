"""Data sets: the profile of an uploaded table, and its canonical Parquet as a blob."""

from typing import Any

from sqlalchemy import delete, select

from store.artifacts import blobs
from store.artifacts.references import is_referenced
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
    """The project's data set. With a shared lock, nobody can delete it until the transaction ends."""
    query = select(Dataset).where(Dataset.id == dataset_id, Dataset.project_id == project)
    if lock is not None:
        query = query.with_for_update(read=lock == "shared")
    dataset = tx.scalar(query) if is_id(dataset_id) else None
    if dataset is None:
        raise NotFound(f"Data set {dataset_id} not found.")
    return dataset


def blob_of(tx: Tx, dataset_id: DatasetId) -> str | None:
    """The blob of a data set, for a worker; None if the data set was deleted."""
    return tx.scalar(select(Dataset.blob_id).where(Dataset.id == dataset_id))


def reading_of(tx: Tx, dataset_id: DatasetId) -> tuple[list[Any], dict[str, Any]] | None:
    """Return the columns of a data set and how its file was read; None if that is not recorded."""
    found = tx.execute(select(Dataset.columns, Dataset.reading).where(Dataset.id == dataset_id)).first()
    return (found.columns, found.reading) if found and found.reading else None


def page_of(tx: Tx, project: ProjectId, cursor: str | None, limit: int) -> Page[Dataset]:
    """The project's data sets, newest first."""
    return page(tx, select(Dataset).where(Dataset.project_id == project), Dataset.id, cursor, limit)


def remove(tx: Tx, project: ProjectId, dataset_id: str) -> None:
    """Delete a data set, unless an unfinished job needs it."""
    dataset = get(tx, project, dataset_id, lock="exclusive")
    if is_referenced(tx, Job.dataset_id, dataset_id):
        raise DatasetInUse(f"Data set {dataset_id} is needed by a job that has not ended. Cancel the job or wait.")
    tx.execute(delete(Dataset).where(Dataset.id == dataset_id))
    blobs.remove(tx, [dataset.blob_id])
