"""Data sets: the profile of an uploaded table, and its canonical Parquet as a blob."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, delete, insert, or_, select

from store.artifacts import blobs
from store.artifacts.references import DATASET_COLUMNS, is_dataset_needed, needed_by_jobs
from store.clock import now, rfc3339
from store.db.database import Sessions
from store.db.metadata_search import Pairs, created_after, page_with_metadata
from store.db.pages import Page
from store.db.transaction import Lock, Tx, snapshot, transaction
from store.errors import DatasetInUse, NotFound
from store.ids import DatasetId, ProjectId, is_id, new_id
from store.tables import Dataset, DatasetMetadata

IS_EXPIRED = and_(Dataset.expires_at.is_not(None), Dataset.expires_at <= now())

KEEP = (
    select(IS_EXPIRED, Dataset.expires_at)
    .where(Dataset.id == bindparam("dataset"), Dataset.project_id == bindparam("project"))
    .with_for_update(read=True)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetFilters:
    """What the data sets have in common; `created_after` is in milliseconds since 1970."""

    created_after: int | None = None
    metadata: Pairs = ()


def create(tx: Tx, project: ProjectId, blob_id: str, *, ttl_seconds: int | None = None, **columns: Any) -> Dataset:
    """Insert a data set whose Parquet is the blob `blob_id`. It expires `ttl_seconds` from now."""
    dataset = Dataset(id=new_id("ds"), project_id=project, blob_id=blob_id, **columns)
    if ttl_seconds is not None:
        dataset.expires_at = now() + ttl_seconds * 1000
    tx.add(dataset)
    tx.flush()
    if dataset.metadata_:
        pairs = [{"key": key, "value": value} for key, value in dataset.metadata_.items()]
        owned = {"dataset_id": dataset.id, "project_id": project}
        tx.execute(insert(DatasetMetadata), [{**owned, **pair} for pair in pairs])
    return dataset


def get(tx: Tx, project: ProjectId, dataset_id: str, lock: Lock | None = None) -> Dataset:
    """The project's data set, unless it has expired. To refer to it, use `keep`; to delete it, an exclusive lock."""
    query = select(Dataset, IS_EXPIRED).where(Dataset.id == dataset_id, Dataset.project_id == project)
    if lock is not None:
        query = query.with_for_update(read=lock == "shared")
    found = tx.execute(query).first() if is_id(dataset_id) else None
    if found is None:
        raise NotFound(f"Data set {dataset_id} not found.")
    dataset, is_expired = found
    _check_expiry(dataset_id, is_expired, dataset.expires_at)
    return dataset


def keep(tx: Tx, project: ProjectId, dataset_id: str) -> None:
    """Let nobody delete the project's data set before `tx` ends. Raises `NotFound` if it is deleted or has expired."""
    found = (
        tx.connection().execute(KEEP, {"dataset": dataset_id, "project": project}).first()
        if is_id(dataset_id)
        else None
    )
    if found is None:
        raise NotFound(f"Data set {dataset_id} not found.")
    _check_expiry(dataset_id, *found)


def _check_expiry(dataset_id: str, is_expired: bool, expires_at: int | None) -> None:  # noqa: FBT001 - a column
    if is_expired:
        raise NotFound(f"Data set {dataset_id} expired at {rfc3339(expires_at or 0)}. Upload the file again.")


def get_of_job(tx: Tx, dataset_id: str) -> Dataset:
    """A data set that an unfinished job needs, for a worker. Raises `NotFound`."""
    dataset = tx.get(Dataset, dataset_id)
    if dataset is None:
        raise NotFound(f"Data set {dataset_id} was deleted.")
    return dataset


def blob_of(tx: Tx, dataset_id: DatasetId) -> str | None:
    """The blob of a data set, for a worker; None if the data set was deleted."""
    return tx.scalar(select(Dataset.blob_id).where(Dataset.id == dataset_id))


def column_types(tx: Tx, dataset_id: DatasetId) -> dict[str, Any]:
    """Return the type of each column of a data set; empty if it was deleted."""
    columns = tx.scalar(select(Dataset.columns).where(Dataset.id == dataset_id)) or []
    return {column["name"]: column["type"] for column in columns}


def reading_of(tx: Tx, dataset_id: DatasetId) -> tuple[list[Any], dict[str, Any]] | None:
    """Return the columns of a data set and how its file was read; None if that is not recorded."""
    found = tx.execute(select(Dataset.columns, Dataset.reading).where(Dataset.id == dataset_id)).first()
    return (found.columns, found.reading) if found and found.reading else None


def page_of(tx: Tx, project: ProjectId, filters: DatasetFilters, cursor: str | None, limit: int) -> Page[Dataset]:
    """The project's data sets that match all filters and have not expired, newest first."""
    query = select(Dataset).where(Dataset.project_id == project, ~IS_EXPIRED)
    query = created_after(query, Dataset.id, filters.created_after)
    owner = DatasetMetadata.dataset_id
    return page_with_metadata(tx, query, Dataset.id, owner, project, filters.metadata, cursor, limit)


def remove(tx: Tx, project: ProjectId, dataset_id: str) -> None:
    """Delete a data set, unless an unfinished job needs it."""
    dataset = get(tx, project, dataset_id, lock="exclusive")
    if is_dataset_needed(tx, dataset_id):
        raise DatasetInUse(f"Data set {dataset_id} is needed by a job or batch that has not ended. Cancel it or wait.")
    tx.execute(delete(Dataset).where(Dataset.id == dataset_id))
    blobs.remove(tx, [dataset.blob_id])


def remove_expired(sessions: Sessions, limit: int) -> None:
    """Delete at most `limit` expired data sets with their bytes, except those that an unfinished job needs."""
    with snapshot(sessions) as tx:
        unneeded = ~or_(*(needed_by_jobs(column, Dataset.id) for column in DATASET_COLUMNS))
        expired = tx.scalars(select(Dataset.id).where(IS_EXPIRED, unneeded).limit(limit)).all()
    for dataset_id in expired:  # one by one: each may be large
        with transaction(sessions, "expired_dataset") as tx:
            _erase(tx, dataset_id)


def _erase(tx: Tx, dataset_id: str) -> None:
    """Delete an expired data set. A row that somebody has locked is left for the next round."""
    query = select(Dataset.blob_id).where(Dataset.id == dataset_id).with_for_update(skip_locked=True)
    blob_id = tx.scalar(query)
    if blob_id is None or is_dataset_needed(tx, dataset_id):
        return
    tx.execute(delete(Dataset).where(Dataset.id == dataset_id))
    blobs.remove(tx, [blob_id])
