"""/v1/uploads: continue, look at and cancel resumable uploads, which begin with POST /v1/datasets.

See draft-ietf-httpbis-resumable-upload (interop version 8). Interim responses (104) are not sent.
"""

from anyio import to_thread
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from api.datasets.schemas import DatasetView, UploadView
from api.datasets.upload_end import answer_response, finish_upload
from api.datasets.upload_parts import UploadParts
from api.dependencies import AppServices, AppSettings, Writer, services_of, settings_of
from api.http.audited import audited
from api.http.errors import (
    BodyTooLarge,
    InconsistentUploadLength,
    InvalidDatasetFile,
    InvalidHeader,
    InvalidRequest,
    NotFound,
    OverLimit,
    QuotaExceeded,
    UnsupportedMediaType,
    UploadInterrupted,
    UploadOffsetMismatch,
)
from api.http.idempotency import REPLAYED, hash_request, run_idempotently
from api.http.requests.query_parameters import KnownParametersRoute
from api.http.uploads.sent_file import media_type
from api.http.uploads.upload import check_headers
from api.http.uploads.upload_fields import (
    BEGUN_UPLOAD,
    PARTIAL_UPLOAD,
    content_length,
    upload_complete,
    upload_length,
    upload_offset,
)
from api.openapi.declarations import declare
from api.openapi.headers import UPLOAD_STATE, header_reference
from api.settings import ApiSettings
from service.bootstrap import Services
from service.uploads import resumable_uploads
from service.uploads.dataset_request import DatasetRequest
from store import errors as store_errors
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller
from store.artifacts import uploads
from store.db.transaction import Tx, transaction
from tabular.readers.formats import MEDIA_TYPES

router = APIRouter(prefix="/v1/uploads", tags=["datasets"], route_class=KnownParametersRoute)

GONE = "The upload that began with this Idempotency-Key has expired or was deleted. Begin another one with another key."
REPRESENTATION_HEADERS = ("content-type", "content-encoding")
PARTS = declare(
    status=204,
    headers=UPLOAD_STATE,
    problems=[
        *(InvalidHeader, InconsistentUploadLength, UploadOffsetMismatch, UploadInterrupted, BodyTooLarge),
        *(UnsupportedMediaType, InvalidDatasetFile, InvalidRequest, OverLimit, QuotaExceeded),
    ],
    extra={
        "parameters": [
            {
                "name": "Upload-Offset",
                "in": "header",
                "required": True,
                "description": "How many bytes were sent before: the offset of the last answer, or of HEAD.",
                "schema": {"type": "string", "pattern": "^[0-9]{1,15}$"},
            },
            {
                "name": "Upload-Complete",
                "in": "header",
                "required": True,
                "description": "?1 if the file ends with these bytes, ?0 if more will follow.",
                "schema": {"type": "string", "enum": ["?0", "?1"]},
            },
        ],
        "requestBody": {
            "description": "The next bytes of the file.",
            "content": {PARTIAL_UPLOAD: {"schema": {"type": "string", "format": "binary"}}},
        },
    },
)
PARTS["responses"][204]["description"] = "The bytes are stored; `Upload-Offset` says how many there are."
PARTS["responses"][201] = {
    "model": DatasetView,
    "description": "The file was complete; this is the data set.",
    "headers": {name: header_reference(name) for name in ("Location", "Upload-Complete")},
}


async def begin_upload(request: Request, caller: Caller, key: str | None, wanted: DatasetRequest) -> Response:
    """Create an upload, store the first bytes, and answer with its address."""
    services, settings = services_of(request), settings_of(request)
    check_headers(request, tuple(MEDIA_TYPES))
    length = upload_length(request)
    described = {name: request.headers[name] for name in REPRESENTATION_HEADERS if name in request.headers}
    keyed = hash_request(request, key, repr((length, described)).encode())  # the parts may differ in a repetition

    def create(tx: Tx) -> Answer:
        stored = {"dataset": wanted.to_json(), "headers": described}
        upload = resumable_uploads.begin(tx, services.limits, caller.project, stored, length)
        return Answer(status=201, headers={"Location": f"/v1/uploads/{upload.id}"}, body={"id": upload.id})

    created = await to_thread.run_sync(run_idempotently, services.sessions, caller, keyed, create)
    location = created.headers["Location"]
    try:
        parts = await _take_over(services, settings, caller, location.rpartition("/")[2])
    except store_errors.NotFound:
        raise NotFound(GONE) from None
    if REPLAYED not in created.headers:
        await parts.receive(request, is_last=False)
    return _state(parts, 201, {"Location": location, **_replayed(created)}, BEGUN_UPLOAD)


@router.get("/{upload_id}", response_model=UploadView, **declare(headers=UPLOAD_STATE))
async def get_upload(upload_id: str, services: AppServices, settings: AppSettings, caller: Writer) -> Response:
    """Return how many bytes have arrived, also as `Upload-Offset`. HEAD gives the fields only.

    A request that is still sending bytes to the upload is interrupted, so that the offset stays true.
    """
    return _state(await _take_over(services, settings, caller, upload_id))


@router.patch("/{upload_id}", status_code=204, **PARTS)
async def append_to_upload(
    upload_id: str, request: Request, services: AppServices, settings: AppSettings, caller: Writer
) -> Response:
    """Add bytes to an upload. With `Upload-Complete: ?1`, read the file and answer as POST /v1/datasets does.

    What arrived of an interrupted request is kept.
    """
    complete, offset = _checked(request)
    parts = await _take_over(services, settings, caller, upload_id)
    if offset != parts.upload.bytes:
        raise _wrong_offset(parts, offset)
    if parts.upload.answer is not None:
        return _answer_again(request, parts)
    await parts.receive(request, is_last=complete)
    if complete:
        return await finish_upload(request, parts)
    return Response(status_code=204, headers=parts.fields)


@router.delete("/{upload_id}", status_code=204, **declare(status=204))
def cancel_upload(upload_id: str, services: AppServices, caller: Writer) -> Response:
    """Cancel an upload and delete what has arrived."""
    with audited(services.sessions, caller, upload_id) as tx:
        uploads.remove(tx, caller.project, upload_id)
    return Response(status_code=204)


async def _take_over(services: Services, settings: ApiSettings, caller: Caller, upload_id: str) -> UploadParts:
    def take_over() -> UploadParts:
        with transaction(services.sessions) as tx:
            upload = uploads.take_over(tx, caller.project, upload_id)
        return UploadParts(upload=upload, caller=caller, services=services, settings=settings)

    return await to_thread.run_sync(take_over)


def _checked(request: Request) -> tuple[bool, int]:
    """Return whether these are the last bytes, and where they begin. Raises `ApiError`."""
    sent = request.headers.get("content-type")
    if media_type(sent) != PARTIAL_UPLOAD or request.headers.get("content-encoding", "identity") != "identity":
        accepted = {"Accept-Patch": PARTIAL_UPLOAD}
        raise UnsupportedMediaType(f"Send {PARTIAL_UPLOAD} without Content-Encoding.", headers=accepted)
    complete, offset = upload_complete(request), upload_offset(request)
    if complete is None or offset is None:
        raise InvalidHeader("Send Upload-Offset and Upload-Complete with every part of an upload.")
    return complete, offset


def _wrong_offset(parts: UploadParts, offset: int) -> UploadOffsetMismatch:
    return UploadOffsetMismatch(
        f"The upload has {parts.upload.bytes:,} bytes, but the request begins at {offset:,}. Go on at Upload-Offset.",
        headers={**parts.fields, "Upload-Complete": "?0"},
        members={"expected-offset": parts.upload.bytes, "provided-offset": offset},
    )


def _answer_again(request: Request, parts: UploadParts) -> Response:
    """Repeat the answer of a finished upload to a request without more bytes."""
    if content_length(request) not in {0, None}:
        raise InconsistentUploadLength("The upload is complete; no more bytes can be added.", headers=parts.fields)
    return answer_response(request, parts.upload.answer or {})


def _state(
    parts: UploadParts, status: int = 200, headers: dict[str, str] | None = None, media: str | None = None
) -> JSONResponse:
    view = UploadView.of(parts.upload)
    return JSONResponse(view.as_json(), status, {**parts.fields, **(headers or {})}, media)


def _replayed(created: JSONResponse) -> dict[str, str]:
    return {REPLAYED: created.headers[REPLAYED]} if REPLAYED in created.headers else {}
