"""/v1/weights: upload weights that jobs can start from."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.dependencies import AppServices, AppSettings, Reader, Writer
from api.http.audited import audited
from api.http.errors import InvalidWeightsFile, QuotaExceeded, WeightsInUse
from api.http.idempotency import IdempotencyKey, KeyedRequest, hash_request, run_idempotently
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.preconditions import IfMatch, etag_of
from api.http.requests.query_parameters import KnownParametersRoute
from api.http.schemas import PageView
from api.http.uploads.upload import Upload
from api.openapi.declarations import BINARY, declare
from api.weights.schemas import WeightsView
from service.bootstrap import Services
from service.fields import Name
from service.quotas import check_storage
from service.uploads import weights_uploads
from service.uploads.uploaded_file import UploadedFile
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller
from store.artifacts import uploaded_weights
from store.db.transaction import Tx, snapshot

router = APIRouter(prefix="/v1/weights", tags=["weights"], route_class=KnownParametersRoute)

MEDIA_TYPES = ("application/octet-stream", "application/x-safetensors")
FORM = {"type": "object", "required": ["file"], "properties": {"file": BINARY}}
BODY = {
    "requestBody": {
        "required": True,
        "description": "A safetensors file, or multipart/form-data with the part `file`. Content-Encoding may be gzip.",
        "content": {
            **{kind: {"schema": BINARY} for kind in MEDIA_TYPES},
            "multipart/form-data": {"schema": FORM},
        },
    }
}
UPLOADS = declare(status=201, problems=[InvalidWeightsFile, QuotaExceeded], extra=BODY)


@router.post("", status_code=201, response_model=WeightsView, **UPLOADS)
async def create_weights(  # noqa: PLR0913, PLR0917 - the parameters of the request
    request: Request,
    services: AppServices,
    settings: AppSettings,
    caller: Writer,
    key: IdempotencyKey,
    name: Annotated[Name | None, Query(description="A name of your choice. Default: the name of the file.")] = None,
) -> JSONResponse:
    """Upload a PyTorch state_dict as safetensors. Invalid files are rejected with every error listed."""
    with Upload(services.settings.data / "uploads", settings) as upload:
        file = await upload.receive(request, MEDIA_TYPES)
        keyed = hash_request(request, key, file.sha256.encode())
        return await to_thread.run_sync(_create, services, caller, keyed, name, file)


@router.get("")
def list_weights(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[WeightsView]:
    """List the project's uploaded weights, newest first."""
    with snapshot(services.sessions) as tx:
        page = uploaded_weights.page_of(tx, caller.project, cursor, limit)
    return PageView.of(page, WeightsView.of)


@router.get("/{weights_id}", **declare(headers=["ETag"]))
def get_weights(weights_id: str, response: Response, services: AppServices, caller: Reader) -> WeightsView:
    """Return uploaded weights with the names and shapes of their tensors."""
    with snapshot(services.sessions) as tx:
        weights = uploaded_weights.get(tx, caller.project, weights_id)
    response.headers["ETag"] = etag_of(weights.id)
    return WeightsView.of(weights)


@router.delete("/{weights_id}", status_code=204, **declare(status=204, problems=[WeightsInUse]))
def delete_weights(weights_id: str, services: AppServices, caller: Writer, if_match: IfMatch) -> Response:
    """Delete weights that no unfinished job needs. Models that were trained from them are kept."""
    with audited(services.sessions, caller, weights_id) as tx:
        uploaded_weights.get(tx, caller.project, weights_id)
        if_match.check(lambda tag: tag == etag_of(weights_id))
        uploaded_weights.remove(tx, caller.project, weights_id)
    return Response(status_code=204)


def _create(
    services: Services, caller: Caller, keyed: KeyedRequest | None, name: str | None, file: UploadedFile
) -> JSONResponse:
    with snapshot(services.sessions) as tx:
        check_storage(tx, services.limits, caller.project, file.bytes)
    weights = weights_uploads.store_weights(services.sessions, file)

    def create(tx: Tx) -> Answer:
        title = name or file.filename or "weights"
        created = weights_uploads.create(tx, services.limits, caller.project, title, weights)
        headers = {"Location": f"/v1/weights/{created.id}"}
        return Answer(status=201, headers=headers, body=WeightsView.of(created).as_json())

    return run_idempotently(services.sessions, caller, keyed, create)
