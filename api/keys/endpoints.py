"""/v1/keys: create and revoke API keys."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.dependencies import Admin, AppServices
from api.http.audited import audited
from api.http.errors import NotFound
from api.http.idempotency import Idempotent, run_idempotently
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.preconditions import IfMatch, Precondition
from api.http.problems import invalid_request
from api.http.requests.json_body import JsonRoute
from api.http.requests.list_filters import milliseconds
from api.http.schemas import PageView
from api.keys.schemas import CreatedKeyView, KeyBody, KeyView, etag_of_key
from api.openapi.declarations import declare
from engine.errors import PointedProblem
from service.accounts import api_keys
from store.accounts import keys
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller, KeyGrant, KeyInfo
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId

router = APIRouter(prefix="/v1/keys", tags=["access"], route_class=JsonRoute)


@router.post(
    "", status_code=201, response_model=CreatedKeyView, **declare(status=201, headers=["ETag"], problems=[NotFound])
)
def create_key(body: KeyBody, services: AppServices, caller: Admin, keyed: Idempotent) -> JSONResponse:
    """Create an API key. Its secret text is in this response only.

    Once a key exists, every request needs one.
    """
    grant = _grant(body, caller)

    def create(tx: Tx) -> Answer:
        info, key = api_keys.create(tx, caller.administered, services.settings.secret(), grant)
        headers = {"Location": f"/v1/keys/{info.id}", "ETag": etag_of_key(info)}
        view = CreatedKeyView.of(info).as_json()
        return Answer(status=201, headers=headers, body=view, shown_once={"key": key}, project=info.project)

    return run_idempotently(services.sessions, caller, keyed, create)


@router.get("")
def list_keys(
    services: AppServices, caller: Admin, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[KeyView]:
    """List the keys that the caller may administer, newest first, revoked and expired ones included."""
    with snapshot(services.sessions) as tx:
        page = keys.page_of(tx, caller.administered, cursor, limit)
    return PageView.of(page, KeyView.of)


@router.get("/{key_id}", **declare(headers=["ETag"]))
def get_key(key_id: str, response: Response, services: AppServices, caller: Admin) -> KeyView:
    """Return a key without its secret text."""
    with snapshot(services.sessions) as tx:
        key = keys.get(tx, caller.administered, key_id)
    response.headers["ETag"] = etag_of_key(key)
    return KeyView.of(key)


@router.post("/{key_id}/revoke", response_model=KeyView, **declare(headers=["ETag"]))
def revoke_key(key_id: str, services: AppServices, caller: Admin, keyed: Idempotent, if_match: IfMatch) -> JSONResponse:
    """Make a key invalid for good. Every API process rejects it within one second."""

    def revoke(tx: Tx) -> Answer:
        key = _revoke(tx, caller, key_id, if_match)
        headers = {"ETag": etag_of_key(key)}
        return Answer(status=200, headers=headers, body=KeyView.of(key).as_json(), project=key.project)

    return run_idempotently(services.sessions, caller, keyed, revoke)


@router.delete("/{key_id}", status_code=204)
def delete_key(key_id: str, services: AppServices, caller: Admin, if_match: IfMatch) -> Response:
    """Make a key invalid for good, as `revoke` does. It stays in the list with the time of its revocation."""
    with audited(services.sessions, caller, key_id) as tx:
        _revoke(tx, caller, key_id, if_match)
    return Response(status_code=204)


def _grant(body: KeyBody, caller: Caller) -> KeyGrant:
    if body.expires_at is not None and body.expires_at <= datetime.now(UTC):
        raise invalid_request(
            [PointedProblem(pointer="/expires_at", detail="The time is in the past. Choose a later one.")]
        )
    return KeyGrant(
        name=body.name,
        project=caller.project if body.project_id is None else ProjectId(body.project_id),
        scopes=tuple(dict.fromkeys(body.scopes)),
        expires_at=milliseconds(body.expires_at),
    )


def _revoke(tx: Tx, caller: Caller, key_id: str, if_match: Precondition) -> KeyInfo:
    key = keys.get(tx, caller.administered, key_id)
    if_match.check(lambda tag: tag == etag_of_key(key))
    return api_keys.revoke(tx, caller.administered, key_id)
