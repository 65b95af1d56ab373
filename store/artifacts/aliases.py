"""Aliases: names for models that stay the same when the model behind them changes."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from store.clock import now
from store.db.pages import Page, page
from store.db.transaction import Lock, Tx
from store.errors import NotFound
from store.ids import ModelId, ProjectId, new_id
from store.tables import Alias

MAX_NAMED = 5  # aliases that an error names


def find(tx: Tx, project: ProjectId, name: str, lock: Lock | None = None) -> Alias | None:
    """The project's alias of this name; None if there is none."""
    query = select(Alias).where(Alias.project_id == project, Alias.name == name)
    if lock is not None:
        query = query.with_for_update(read=lock == "shared")
    return tx.scalar(query, execution_options={"populate_existing": True})


def get(tx: Tx, project: ProjectId, name: str, lock: Lock | None = None) -> Alias:
    """The project's alias of this name. Raises `NotFound`."""
    alias = find(tx, project, name, lock)
    if alias is None:
        raise NotFound(f"Alias {name} not found.")
    return alias


def create(tx: Tx, project: ProjectId, name: str, model_id: ModelId) -> Alias | None:
    """Insert an alias; None if another request has just created one of the same name."""
    alias = Alias(id=new_id("als"), project_id=project, name=name, model_id=model_id)
    try:
        with tx.begin_nested():
            tx.add(alias)
            tx.flush()
    except IntegrityError:
        return None
    tx.refresh(alias)
    return alias


def move(tx: Tx, alias: Alias, model_id: ModelId) -> Alias:
    """Let an alias name another model. Nothing changes if it names this one already."""
    if alias.model_id != model_id:
        values = {"model_id": model_id, "previous_model_id": alias.model_id, "version": Alias.version + 1}
        tx.execute(update(Alias).where(Alias.id == alias.id).values(updated_at=now(), **values))
        tx.refresh(alias)
    return alias


def remove(tx: Tx, alias: Alias) -> None:
    """Delete an alias. Its model stays."""
    tx.execute(delete(Alias).where(Alias.id == alias.id))


def page_of(tx: Tx, project: ProjectId, cursor: str | None, limit: int) -> Page[Alias]:
    """The project's aliases, newest first."""
    return page(tx, select(Alias).where(Alias.project_id == project), Alias.id, cursor, limit)


def names_of(tx: Tx, model_ids: Sequence[str]) -> dict[str, list[str]]:
    """Some names of each of these models that has any.

    A transaction that moves an alias holds a shared lock on its model. One that deletes the model must hold the
    exclusive lock when it calls this.
    """
    names: dict[str, list[str]] = {}
    query = select(Alias.model_id, Alias.name).where(Alias.model_id.in_(model_ids)).order_by(Alias.name)
    for model_id, name in tx.execute(query):
        found = names.setdefault(model_id, [])
        if len(found) < MAX_NAMED:
            found.append(name)
    return names
