"""/v1/projects: create and administer the owners of everything else."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.dependencies import Admin, AppServices
from api.http.audited import audited
from api.http.idempotency import Idempotent, run_idempotently
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.preconditions import IfMatch, Precondition
from api.http.requests.json_body import JsonRoute
from api.http.schemas import PageView
from api.openapi.declarations import declare
from api.projects.schemas import ProjectBody, ProjectChanges, ProjectView, etag_of_project
from service.accounts import projects as use_cases
from store.accounts import projects
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId

router = APIRouter(prefix="/v1/projects", tags=["access"], route_class=JsonRoute)


@router.post("", status_code=201, response_model=ProjectView, **declare(status=201, headers=["ETag"]))
def create_project(body: ProjectBody, services: AppServices, caller: Admin, keyed: Idempotent) -> JSONResponse:
    """Create a project. Needs an admin key of the default project."""

    def create(tx: Tx) -> Answer:
        project = use_cases.create(tx, caller, body.name, body.retention_days)
        headers = {"Location": f"/v1/projects/{project.id}", "ETag": etag_of_project(project)}
        view = ProjectView.of(project).as_json()
        return Answer(status=201, headers=headers, body=view, project=ProjectId(project.id))

    return run_idempotently(services.sessions, caller, keyed, create)


@router.get("")
def list_projects(
    services: AppServices, caller: Admin, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[ProjectView]:
    """List the projects that the key may administer, newest first: all with a key of the default project."""
    with snapshot(services.sessions) as tx:
        page = projects.page_of(tx, caller.administered, cursor, limit)
    return PageView.of(page, ProjectView.of)


@router.get("/{project_id}", **declare(headers=["ETag"]))
def get_project(project_id: str, response: Response, services: AppServices, caller: Admin) -> ProjectView:
    """Return a project."""
    with snapshot(services.sessions) as tx:
        project = projects.get(tx, caller.administered, project_id)
    response.headers["ETag"] = etag_of_project(project)
    return ProjectView.of(project)


@router.patch("/{project_id}", **declare(headers=["ETag"]))
def update_project(  # noqa: PLR0913, PLR0917 - the parameters of the request
    project_id: str,
    body: ProjectChanges,
    response: Response,
    services: AppServices,
    caller: Admin,
    if_match: IfMatch,
) -> ProjectView:
    """Change the name or the retention of a project. Fields that are not sent stay as they are."""
    with audited(services.sessions, caller, project_id, status=200, project=ProjectId(project_id)) as tx:
        _check_version(tx, caller, project_id, if_match)
        project = use_cases.change(tx, caller, project_id, body.values())
    response.headers["ETag"] = etag_of_project(project)
    return ProjectView.of(project)


@router.delete("/{project_id}", status_code=204)
def delete_project(project_id: str, services: AppServices, caller: Admin, if_match: IfMatch) -> Response:
    """Delete an empty project with its keys. Its usage and its audit log are kept."""
    with audited(services.sessions, caller, project_id) as tx:
        _check_version(tx, caller, project_id, if_match)
        use_cases.remove(tx, caller, project_id)
    return Response(status_code=204)


def _check_version(tx: Tx, caller: Caller, project_id: str, if_match: Precondition) -> None:
    project = projects.get(tx, caller.administered, project_id, lock="exclusive")
    if_match.check(lambda tag: tag == etag_of_project(project))
