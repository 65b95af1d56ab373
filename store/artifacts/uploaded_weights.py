"""Uploaded weights: a safetensors file from which jobs can start, as a blob, and the list of its tensors."""

from typing import Any

from sqlalchemy import delete, select

from store.artifacts import blobs
from store.artifacts.references import is_referenced
from store.db.pages import Page, page
from store.db.transaction import Lock, Tx
from store.errors import NotFound, WeightsInUse
from store.ids import ProjectId, WeightsId, is_id, new_id
from store.tables import Job, Weights


def create(tx: Tx, project: ProjectId, blob_id: str, **columns: Any) -> Weights:
    """Insert weights whose file is the blob `blob_id`."""
    weights = Weights(id=new_id("wts"), project_id=project, blob_id=blob_id, **columns)
    tx.add(weights)
    tx.flush()
    return weights


def get(tx: Tx, project: ProjectId, weights_id: str, lock: Lock | None = None) -> Weights:
    """The project's weights. With a shared lock, nobody can delete them until the transaction ends."""
    query = select(Weights).where(Weights.id == weights_id, Weights.project_id == project)
    if lock is not None:
        query = query.with_for_update(read=lock == "shared")
    weights = tx.scalar(query) if is_id(weights_id) else None
    if weights is None:
        raise NotFound(f"Weights {weights_id} not found.")
    return weights


def blob_of(tx: Tx, weights_id: WeightsId) -> str | None:
    """The blob of weights, for a worker; None if the weights were deleted."""
    return tx.scalar(select(Weights.blob_id).where(Weights.id == weights_id))


def page_of(tx: Tx, project: ProjectId, cursor: str | None, limit: int) -> Page[Weights]:
    """The project's weights, newest first."""
    return page(tx, select(Weights).where(Weights.project_id == project), Weights.id, cursor, limit)


def remove(tx: Tx, project: ProjectId, weights_id: str) -> None:
    """Delete weights, unless an unfinished job starts from them."""
    weights = get(tx, project, weights_id, lock="exclusive")
    if is_referenced(tx, Job.base_weights_id, weights_id):
        raise WeightsInUse(f"Weights {weights_id} are needed by a job that has not ended. Cancel the job or wait.")
    tx.execute(delete(Weights).where(Weights.id == weights_id))
    blobs.remove(tx, [weights.blob_id])
