"""Turn the bytes of a finished resumable upload into a data set, or into the problems of the file."""

from typing import Any

from anyio import to_thread
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from api.datasets.read_options import with_charset
from api.datasets.schemas import DatasetView
from api.datasets.upload_parts import UploadParts
from api.http.errors import ApiError
from api.http.problems import PROBLEM_JSON, invalid_dataset, problem_document
from api.http.uploads import upload as receiving
from service.quotas import check_storage
from service.uploads import dataset_uploads, resumable_uploads
from service.uploads.dataset_request import DatasetRequest
from service.uploads.uploaded_file import UploadedFile
from store.accounts import audit
from store.artifacts import uploads
from store.db.transaction import snapshot, transaction
from store.ids import ProjectId
from tabular.errors import InvalidDataset
from tabular.readers.formats import MEDIA_TYPES

CLIENT_ERRORS = range(400, 500)


async def finish_upload(request: Request, parts: UploadParts) -> Response:
    """Read the file and answer as a plain upload does. Problems of the file are kept as the answer; others are not."""
    try:
        answer = await _read(parts)
    except InvalidDataset as error:
        answer = await _refuse(request, parts, invalid_dataset(error))
    except ApiError as error:
        if error.status not in CLIENT_ERRORS:
            raise
        answer = await _refuse(request, parts, error)
    return answer_response(request, answer)


def answer_response(request: Request, answer: dict[str, Any]) -> Response:
    """Return the answer to the whole upload, also when it is repeated."""
    body, is_problem = answer["body"], answer["status"] in CLIENT_ERRORS
    if is_problem:
        body = {**body, "request_id": getattr(request.state, "request_id", None)}
    headers = {**answer["headers"], "Upload-Complete": "?1"}
    return JSONResponse(body, answer["status"], headers, PROBLEM_JSON if is_problem else None)


async def _read(parts: UploadParts) -> dict[str, Any]:
    with receiving.Upload(parts.services.settings.data / "uploads", parts.settings) as folder:
        file = await folder.receive(_whole_request(parts), tuple(MEDIA_TYPES))
        wanted = DatasetRequest.from_json(parts.upload.request["dataset"])
        wanted = wanted.with_options(with_charset(wanted.options, file.charset))
        return await to_thread.run_sync(_create, parts, wanted, file)


def _whole_request(parts: UploadParts) -> Request:
    """Return the request as if all bytes had been sent with its first part."""
    chunks = uploads.read(parts.services.sessions, parts.upload.id)
    headers = [(name.encode(), value.encode("latin-1")) for name, value in parts.upload.request["headers"].items()]

    async def receive() -> dict[str, Any]:
        chunk = await to_thread.run_sync(next, chunks, None)
        return {"type": "http.request", "body": chunk or b"", "more_body": chunk is not None}

    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers}, receive)


def _create(parts: UploadParts, wanted: DatasetRequest, file: UploadedFile) -> dict[str, Any]:
    services, upload = parts.services, parts.upload
    with snapshot(services.sessions) as tx:
        check_storage(tx, services.limits, ProjectId(upload.project_id), max(file.bytes - upload.bytes, 0))
    table = dataset_uploads.store_table(services.sessions, services.limits, file, wanted.options)
    with transaction(services.sessions, "finish_upload") as tx:
        created = resumable_uploads.create_dataset(tx, services.limits, upload, wanted, table)
        headers = {"Location": f"/v1/datasets/{created.id}"}
        answer = {"status": 201, "headers": headers, "body": DatasetView.of(created).as_json()}
        uploads.set_answer(tx, upload, answer)
        audit.record_request(tx, parts.caller, created.id, 201)
    return answer


async def _refuse(request: Request, parts: UploadParts, error: ApiError) -> dict[str, Any]:
    """Keep the problems of the file as the answer to the upload, and delete its bytes."""
    body = problem_document(error, getattr(request.state, "request_id", None))
    answer = {"status": error.status, "headers": error.headers, "body": body}

    def store() -> None:
        with transaction(parts.services.sessions) as tx:
            uploads.finish(tx, parts.upload, answer)

    await to_thread.run_sync(store)
    return answer
