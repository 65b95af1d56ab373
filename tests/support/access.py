"""Projects and API keys for tests of who may call."""

from fastapi.testclient import TestClient

from service.bootstrap import Services
from store.accounts import keys
from store.accounts.keys import SCOPES, KeyGrant
from store.db.transaction import transaction
from store.ids import DEFAULT_PROJECT, ProjectId
from store.tables import Project


def services_of(client: TestClient) -> Services:
    """Return the collaborators of the application under test."""
    services: Services = client.app.state.services  # type: ignore[attr-defined]  # Starlette's type hides FastAPI's
    return services


def bearer(
    client: TestClient, project: ProjectId = DEFAULT_PROJECT, scopes: tuple[str, ...] = SCOPES
) -> dict[str, str]:
    """Add a key to the database and return the header that sends it. From now on every request needs a key."""
    services, key = services_of(client), keys.new_key()
    with transaction(services.sessions) as tx:
        keys.add(tx, key, services.settings.secret(), KeyGrant(name="test", project=project, scopes=scopes))
    return {"Authorization": f"Bearer {key}"}


def add_project(client: TestClient, project_id: str = "prj_other") -> ProjectId:
    """Add a project to the database."""
    with transaction(services_of(client).sessions) as tx:
        tx.add(Project(id=project_id, name="other"))
    return ProjectId(project_id)
