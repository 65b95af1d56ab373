"""/v1/jobs/delete and /v1/deletions: erase many jobs in the background."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from api.deletions.schemas import DeletionView, JobDeletionBody
from api.dependencies import AppServices, Reader, Writer
from api.http.idempotency import Idempotent, run_idempotently
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.requests.json_body import JsonRoute
from api.http.schemas import PageView
from api.openapi.declarations import declare
from store.accounts.idempotency import Answer
from store.db.transaction import Tx, snapshot
from store.jobs import deletions

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=JsonRoute)

RETRY_SECONDS = "5"  # the scheduler erases some jobs at each of its rounds


@router.post(
    "/jobs/delete",
    status_code=202,
    response_model=DeletionView,
    **declare(status=202, headers=["Location", "Retry-After"]),
)
def delete_jobs(body: JobDeletionBody, services: AppServices, caller: Writer, keyed: Idempotent) -> JSONResponse:
    """Erase all matching jobs that have ended by now, with their metrics, events, checkpoints and models.

    This happens in the background; the response describes how far it is.
    """

    def create(tx: Tx) -> Answer:
        deletion = deletions.create(tx, caller.project, body.filters())
        headers = {"Location": f"/v1/deletions/{deletion.id}", "Retry-After": RETRY_SECONDS}
        return Answer(status=202, headers=headers, body=DeletionView.of(deletion).as_json())

    return run_idempotently(services.sessions, caller, keyed, create)


@router.get("/deletions")
def list_deletions(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[DeletionView]:
    """List the project's deletions of the last 30 days, newest first."""
    with snapshot(services.sessions) as tx:
        page = deletions.page_of(tx, caller.project, cursor, limit)
    return PageView.of(page, DeletionView.of)


@router.get("/deletions/{deletion_id}", **declare(headers=["Retry-After"]))
def get_deletion(deletion_id: str, response: Response, services: AppServices, caller: Reader) -> DeletionView:
    """Return a deletion and how far it is."""
    with snapshot(services.sessions) as tx:
        deletion = deletions.get(tx, caller.project, deletion_id)
    if deletion.finished_at is None:
        response.headers["Retry-After"] = RETRY_SECONDS
    return DeletionView.of(deletion)
