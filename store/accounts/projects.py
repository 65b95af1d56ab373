"""Projects: each owns its keys, data sets, jobs, models and weights, which are invisible to all others."""

from typing import Any

from sqlalchemy import ColumnElement, delete, exists, select, update

from store.db.pages import Page, page
from store.db.transaction import Lock, Tx
from store.errors import NotFound, ProjectInUse
from store.ids import DEFAULT_PROJECT, ProjectId, is_id, new_id
from store.tables import IS_BATCH, IS_JOB, ApiKey, Dataset, Deletion, IdempotencyKey, Job, Model, Project, Weights

CONTENTS: dict[str, tuple[Any, ...]] = {  # the column with the owner, and a condition
    "data sets": (Dataset.project_id,),
    "jobs": (Job.project_id, IS_JOB),
    "batches": (Job.project_id, IS_BATCH),
    "models": (Model.project_id,),
    "weights": (Weights.project_id,),
}


def create(tx: Tx, name: str, retention_days: int | None) -> Project:
    """Insert an empty project."""
    project = Project(id=new_id("prj"), name=name, retention_days=retention_days)
    tx.add(project)
    tx.flush()
    tx.refresh(project)
    return project


def get(tx: Tx, only: ProjectId | None, project_id: str, lock: Lock | None = None) -> Project:
    """The project with this id, if it is `only` or any is allowed. Raises `NotFound`."""
    query = select(Project).where(Project.id == project_id, *_within(only))
    if lock is not None:
        query = query.with_for_update(read=lock == "shared")
    project = tx.scalar(query, execution_options={"populate_existing": True}) if is_id(project_id) else None
    if project is None:
        raise NotFound(f"Project {project_id} not found.")
    return project


def page_of(tx: Tx, only: ProjectId | None, cursor: str | None, limit: int) -> Page[Project]:
    """The projects, newest first; just one if `only` is given."""
    return page(tx, select(Project).where(*_within(only)), Project.id, cursor, limit)


def change(tx: Tx, project_id: ProjectId, values: dict[str, Any]) -> None:
    """Change columns of a project."""
    tx.execute(update(Project).where(Project.id == project_id).values(version=Project.version + 1, **values))


def remove(tx: Tx, project: Project) -> None:
    """Delete an empty project with its keys. Raises `ProjectInUse`."""
    if project.id == DEFAULT_PROJECT:
        raise ProjectInUse("The default project cannot be deleted.")
    if found := contents(tx, ProjectId(project.id)):
        raise ProjectInUse(f"Project {project.id} still has {', '.join(found)}. Delete them first.")
    for owned in (ApiKey, IdempotencyKey, Deletion):
        tx.execute(delete(owned).where(owned.project_id == project.id))
    tx.execute(delete(Project).where(Project.id == project.id))


def contents(tx: Tx, project: ProjectId) -> list[str]:
    """What still belongs to a project, as in `CONTENTS`."""
    found = CONTENTS.items()
    return [name for name, (owner, *which) in found if tx.scalar(select(exists().where(owner == project, *which)))]


def _within(only: ProjectId | None) -> tuple[ColumnElement[bool], ...]:
    return () if only is None else (Project.id == only,)
