"""Give models names that can be moved to other models."""

from store.artifacts import aliases, models
from store.db.transaction import Tx
from store.ids import ModelId, ProjectId
from store.tables import Alias


def assign(tx: Tx, project: ProjectId, name: str, model_id: str, current: Alias | None) -> Alias:
    """Let a name stand for a model; return its alias.

    `current`: the alias as it is, locked; None if there is none.

    Raises:
        NotFound: the project has no such model.
    """
    model = ModelId(models.get(tx, project, model_id, lock="shared").id)
    if current is None:
        created = aliases.create(tx, project, name, model)
        if created is not None:
            return created
        current = aliases.get(tx, project, name, lock="exclusive")
    return aliases.move(tx, current, model)
