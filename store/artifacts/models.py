"""Trained models. Each is the result of one job; its weights are a blob."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select, update

from store.artifacts import aliases, blobs
from store.artifacts.references import is_referenced
from store.db.pages import Page, page
from store.db.transaction import Lock, Tx
from store.errors import ModelInUse, NotFound
from store.ids import ModelId, ProjectId, is_id, new_id
from store.tables import Job, Model


def new_model_id() -> ModelId:
    """An id for a model that is about to be created."""
    return ModelId(new_id("mdl"))


def create(tx: Tx, model_id: ModelId, job: Job, columns: Mapping[str, Any]) -> Model:
    """Insert the model of a job."""
    origin = {"project_id": job.project_id, "job_id": job.id, "dataset_id": job.dataset_id, "name": job.name}
    base = job.spec.get("init_from") or {}
    bases = {"base_model_id": base.get("model_id"), "base_weights_id": base.get("weights_id")}
    model = Model(id=model_id, **bases, **origin, **columns)
    tx.add(model)
    tx.flush()
    return model


def get(tx: Tx, project: ProjectId, model_id: str, lock: Lock | None = None) -> Model:
    """The project's model. With a shared lock, nobody can delete it until the transaction ends."""
    query = select(Model).where(Model.id == model_id, Model.project_id == project)
    if lock is not None:
        query = query.with_for_update(read=lock == "shared")
    model = tx.scalar(query) if is_id(model_id) else None
    if model is None:
        raise NotFound(f"Model {model_id} not found.")
    return model


def page_of(tx: Tx, project: ProjectId, cursor: str | None, limit: int) -> Page[Model]:
    """The project's models, newest first."""
    return page(tx, select(Model).where(Model.project_id == project), Model.id, cursor, limit)


def remove(tx: Tx, project: ProjectId, model_id: str) -> Model:
    """Delete a model and its weights, unless an unfinished job starts from it or an alias names it.

    Its job no longer refers to it.
    """
    model = get(tx, project, model_id, lock="exclusive")
    if is_referenced(tx, Job.base_model_id, model_id):
        raise ModelInUse(f"Model {model_id} is needed by a job or batch that has not ended. Cancel it or wait.")
    if named := aliases.names_of(tx, [model_id]).get(model_id):
        names = ", ".join(named)
        raise ModelInUse(f"Model {model_id} is named by the aliases {names}. Move or delete them first.")
    tx.execute(delete(Model).where(Model.id == model_id))
    tx.execute(update(Job).where(Job.id == model.job_id).values(model_id=None, version=Job.version + 1))
    blobs.remove(tx, [model.blob_id])
    return model
