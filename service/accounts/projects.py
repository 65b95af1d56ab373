"""What administrators do with projects: create, change, delete."""

from collections.abc import Mapping

from service.errors import OperatorOnly
from store.accounts import projects
from store.accounts.keys import Caller
from store.db.transaction import Tx
from store.ids import ProjectId
from store.tables import Project


def create(tx: Tx, caller: Caller, name: str, retention_days: int | None) -> Project:
    """Create an empty project. Raises `OperatorOnly`."""
    if not caller.is_operator:
        raise OperatorOnly
    return projects.create(tx, name, retention_days)


def change(tx: Tx, caller: Caller, project_id: str, values: Mapping[str, object]) -> Project:
    """Change the name or the retention of a project. Raises `NotFound`."""
    project = projects.get(tx, caller.administered, project_id)
    projects.change(tx, ProjectId(project.id), dict(values))
    return projects.get(tx, caller.administered, project_id)


def remove(tx: Tx, caller: Caller, project_id: str) -> None:
    """Delete an empty project with its keys. Raises `NotFound`, `OperatorOnly` or `ProjectInUse`."""
    project = projects.get(tx, caller.administered, project_id, lock="exclusive")
    if not caller.is_operator:
        raise OperatorOnly
    projects.remove(tx, project)
