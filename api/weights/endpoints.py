"""/v1/weights: uploaded weights to start jobs from."""

import functools
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.dependencies import AppServices, Reader, Writer
from api.http import idempotency
from api.http.idempotency import Key, answer_once
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.query_parameters import KnownRoute
from api.http.schemas import PageView
from api.http.uploads import Upload
from api.weights.schemas import WeightsView
from service import weights_uploads
from service.fields import Name
from service.quotas import refuse_early
from service.weights_uploads import SAFETENSORS_TYPES
from store.artifacts import uploaded_weights
from store.db.transaction import snapshot, transaction

router = APIRouter(prefix="/v1/weights", tags=["weights"], route_class=KnownRoute)

BINARY = {"type": "string", "format": "binary"}
FORM = {"type": "object", "required": ["file"], "properties": {"file": BINARY}}
BODY = {
    "requestBody": {
        "required": True,
        "description": "A safetensors file, or multipart/form-data with one part `file`; gzip as Content-Encoding.",
        "content": {
            **{kind: {"schema": BINARY} for kind in SAFETENSORS_TYPES},
            "multipart/form-data": {"schema": FORM},
        },
    }
}


@router.post("", status_code=201, response_model=WeightsView, openapi_extra=BODY)
async def create_weights(
    request: Request,
    services: AppServices,
    caller: Writer,
    key: Key,
    name: Annotated[Name | None, Query(description="Yours to choose; default: the file's name.")] = None,
) -> JSONResponse:
    """Upload a state_dict as safetensors, to start jobs from. Of a file that is wrong nothing is kept."""
    with Upload(services.settings.data / "uploads", services.limits) as upload:
        received = await upload.receive(request, SAFETENSORS_TYPES)
        await to_thread.run_sync(refuse_early, services.sessions, services.limits, caller.project, received.bytes)
        header = await to_thread.run_sync(weights_uploads.check, received)
        blob = await to_thread.run_sync(weights_uploads.store, services, received)
        title = name or received.filename or "weights"
        make = functools.partial(weights_uploads.create, services.limits, caller.project, title, header, blob)
        once_key = idempotency.hashed(request, key, received.sha256.encode())
        return await to_thread.run_sync(answer_once, services, caller, once_key, make)


@router.get("")
def list_weights(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[WeightsView]:
    """The uploaded weights of the project, newest first."""
    with snapshot(services.sessions) as tx:
        page = uploaded_weights.page_of(tx, caller.project, cursor, limit)
    return PageView(data=[WeightsView.of(row) for row in page.rows], next_cursor=page.next_cursor)


@router.get("/{weights_id}")
def get_weights(weights_id: str, services: AppServices, caller: Reader) -> WeightsView:
    """One file of weights, with the names and shapes of its tensors."""
    with snapshot(services.sessions) as tx:
        return WeightsView.of(uploaded_weights.get(tx, caller.project, weights_id))


@router.delete("/{weights_id}", status_code=204)
def delete_weights(weights_id: str, services: AppServices, caller: Writer) -> Response:
    """Delete weights that no unfinished job needs; models that were trained from them stay."""
    with transaction(services.sessions) as tx:
        uploaded_weights.remove(tx, caller.project, weights_id)
    return Response(status_code=204)
