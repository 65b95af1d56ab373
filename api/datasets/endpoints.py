"""/v1/datasets: upload tables to train on."""

import functools
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.datasets.body import BODY, PARQUET
from api.datasets.dataset_filters import Filters
from api.datasets.dataset_parameters import DatasetParameters
from api.datasets.read_options import with_charset
from api.datasets.schemas import DatasetView, PreviewView
from api.datasets.upload_endpoints import begin_upload
from api.dependencies import AppServices, AppSettings, Reader, Writer
from api.http.audited import audited
from api.http.downloads import Download, download_response
from api.http.errors import (
    DatasetInUse,
    InconsistentUploadLength,
    InvalidDatasetFile,
    InvalidHeader,
    NotFound,
    OverLimit,
    QuotaExceeded,
)
from api.http.idempotency import IdempotencyKey, KeyedRequest, hash_request, run_idempotently
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.preconditions import IfMatch, etag_of
from api.http.problems import allowed_methods
from api.http.requests.list_filters import METADATA_FILTERS
from api.http.requests.query_parameters import KnownParametersRoute
from api.http.schemas import PageView
from api.http.uploads.upload import Upload
from api.http.uploads.upload_fields import BEGUN_UPLOAD, upload_complete, upload_limit
from api.openapi.declarations import declare, declare_download
from api.openapi.headers import UPLOAD_STATE
from service.bootstrap import Services
from service.previews import MAX_ROWS, preview
from service.quotas import check_storage
from service.uploads import dataset_uploads
from service.uploads.dataset_request import DatasetRequest
from service.uploads.uploaded_file import UploadedFile
from store.accounts.idempotency import Answer
from store.accounts.keys import Caller
from store.artifacts import blobs, datasets
from store.db.transaction import Tx, snapshot
from tabular.readers.formats import MEDIA_TYPES

router = APIRouter(prefix="/v1/datasets", tags=["datasets"], route_class=KnownParametersRoute)
UPLOADS = declare(
    status=201,
    accepts=["Upload-Complete", "Upload-Length"],
    headers=UPLOAD_STATE,
    media={BEGUN_UPLOAD: {"schema": {"$ref": "#/components/schemas/UploadView"}}},
    problems=[InvalidDatasetFile, OverLimit, QuotaExceeded, InvalidHeader, InconsistentUploadLength, NotFound],
    extra=BODY,
)


@router.options("", status_code=204, include_in_schema=False)
async def dataset_options(request: Request, services: AppServices, settings: AppSettings) -> Response:
    """Tell the methods, and the limits of an upload before it begins."""
    limit = upload_limit(settings.max_upload_bytes, int(services.limits.upload_seconds))
    return Response(status_code=204, headers={"Allow": allowed_methods(request), "Upload-Limit": limit})


@router.post("", status_code=201, response_model=DatasetView, **UPLOADS)
async def create_dataset(  # noqa: PLR0913, PLR0917 - the parameters of the request
    request: Request,
    services: AppServices,
    settings: AppSettings,
    caller: Writer,
    key: IdempotencyKey,
    wanted: DatasetParameters,
) -> Response:
    """Upload a table as CSV, Parquet, NDJSON or NPZ.

    Invalid files are rejected with every error listed: line, column, value and fix. With `Upload-Complete: ?0`, the
    body is the beginning of the file, and the rest follows by PATCH to the `Location` of the answer.
    """
    if upload_complete(request) is False:
        return await begin_upload(request, caller, key, wanted)
    with Upload(services.settings.data / "uploads", settings) as upload:
        file = await upload.receive(request, tuple(MEDIA_TYPES))
        wanted = wanted.with_options(with_charset(wanted.options, file.charset))
        keyed = hash_request(request, key, file.sha256.encode())
        return await to_thread.run_sync(_create, services, caller, keyed, wanted, file)


@router.get("", **declare(problems=[OverLimit], extra=METADATA_FILTERS))
def list_datasets(
    services: AppServices, caller: Reader, filters: Filters, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[DatasetView]:
    """List the project's data sets that match all filters, newest first; columns have no histograms here."""
    with snapshot(services.sessions) as tx:
        page = datasets.page_of(tx, caller.project, filters, cursor, limit)
    return PageView.of(page, DatasetView.without_histograms)


@router.get("/{dataset_id}", **declare(headers=["ETag"]))
def get_dataset(dataset_id: str, response: Response, services: AppServices, caller: Reader) -> DatasetView:
    """Return a data set with its profile."""
    with snapshot(services.sessions) as tx:
        dataset = datasets.get(tx, caller.project, dataset_id)
    response.headers["ETag"] = etag_of(dataset.id)
    return DatasetView.of(dataset)


@router.get("/{dataset_id}/preview", **declare())
def get_dataset_preview(
    dataset_id: str,
    services: AppServices,
    caller: Reader,
    rows: Annotated[int, Query(ge=1, le=MAX_ROWS, description="Maximum number of rows.")] = 20,
) -> PreviewView:
    """Return the first rows as JSON, typed as the profile says."""
    with snapshot(services.sessions) as tx:
        dataset = datasets.get(tx, caller.project, dataset_id)
    found = preview(services.sessions, services.settings.data / "uploads", dataset, rows)
    return PreviewView(rows=found.rows, total=found.total, shape=found.shape)


@router.get("/{dataset_id}/content", response_class=Response, **declare_download(PARQUET))
def get_dataset_content(request: Request, dataset_id: str, services: AppServices, caller: Reader) -> Response:
    """Download the table as Parquet: numbers, times in UTC and strings as they were read. Supports `Range`."""
    with snapshot(services.sessions) as tx:
        blob = blobs.info(tx, datasets.get(tx, caller.project, dataset_id).blob_id)
    download = Download(filename=f"{dataset_id}.parquet", media_type=PARQUET, bytes=blob.bytes, sha256=blob.sha256)
    return download_response(request, download, functools.partial(blobs.read, services.sessions, blob.id))


@router.delete("/{dataset_id}", status_code=204, **declare(status=204, problems=[DatasetInUse]))
def delete_dataset(dataset_id: str, services: AppServices, caller: Writer, if_match: IfMatch) -> Response:
    """Delete a data set that no unfinished job needs. Models that were trained on it are kept."""
    with audited(services.sessions, caller, dataset_id) as tx:
        datasets.get(tx, caller.project, dataset_id)
        if_match.check(lambda tag: tag == etag_of(dataset_id))
        datasets.remove(tx, caller.project, dataset_id)
    return Response(status_code=204)


def _create(
    services: Services, caller: Caller, keyed: KeyedRequest | None, wanted: DatasetRequest, file: UploadedFile
) -> JSONResponse:
    with snapshot(services.sessions) as tx:
        check_storage(tx, services.limits, caller.project, file.bytes)
    table = dataset_uploads.store_table(services.sessions, services.limits, file, wanted.options)

    def create(tx: Tx) -> Answer:
        created = dataset_uploads.create(tx, services.limits, caller.project, wanted, table)
        headers = {"Location": f"/v1/datasets/{created.id}"}
        return Answer(status=201, headers=headers, body=DatasetView.of(created).as_json())

    return run_idempotently(services.sessions, caller, keyed, create)
