"""/v1/datasets: tables to learn from."""

import functools
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.datasets.schemas import DatasetView
from api.dependencies import AppServices, Reader, Writer
from api.http import idempotency
from api.http.idempotency import Key, answer_once
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.query_parameters import KnownRoute
from api.http.schemas import PageView
from api.http.uploads import Upload
from service import dataset_uploads
from service.fields import Name
from service.quotas import refuse_early
from store.artifacts import datasets
from store.db.transaction import snapshot, transaction
from tabular.readers.formats import MEDIA_TYPES

router = APIRouter(prefix="/v1/datasets", tags=["datasets"], route_class=KnownRoute)

BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or multipart/form-data with one part `file`; gzip as Content-Encoding.",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": "age,income\n39,<=50K\n52,>50K\n"},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
        },
    }
}


@router.post("", status_code=201, response_model=DatasetView, openapi_extra=BODY)
async def create_dataset(  # noqa: PLR0913, PLR0917 - the query parameters
    request: Request,
    services: AppServices,
    caller: Writer,
    key: Key,
    name: Annotated[Name | None, Query(description="Yours to choose; default: the file's name.")] = None,
    delimiter: Annotated[str | None, Query(description="One character; default: found out.")] = None,
    header: Annotated[
        str, Query(pattern="^(auto|true|false)$", description="Whether the first line names the columns.")
    ] = "auto",
    missing: Annotated[str | None, Query(description="Comma list of cells that mean no value.")] = None,
    types: Annotated[
        str | None, Query(description="Comma list of column:type, for types that are not to be found out.")
    ] = None,
) -> JSONResponse:
    """Upload a table as CSV. It is read, checked and profiled; of one that is wrong nothing is kept."""
    options = dataset_uploads.csv_options(delimiter, header, missing, types)
    with Upload(services.settings.data / "uploads", services.limits) as upload:
        received = await upload.receive(request, MEDIA_TYPES)
        await to_thread.run_sync(refuse_early, services.sessions, services.limits, caller.project, received.bytes)
        stored = await to_thread.run_sync(dataset_uploads.ingest, services, upload.path, received, options)
        title = name or received.filename or "dataset"
        make = functools.partial(dataset_uploads.create, services.limits, caller.project, title, received, stored)
        once_key = idempotency.hashed(request, key, received.sha256.encode())
        return await to_thread.run_sync(answer_once, services, caller, once_key, make)


@router.get("")
def list_datasets(
    services: AppServices, caller: Reader, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[DatasetView]:
    """The data sets of the project, newest first."""
    with snapshot(services.sessions) as tx:
        page = datasets.page_of(tx, caller.project, cursor, limit)
    return PageView(data=[DatasetView.of(row) for row in page.rows], next_cursor=page.next_cursor)


@router.get("/{dataset_id}")
def get_dataset(dataset_id: str, services: AppServices, caller: Reader) -> DatasetView:
    """One data set with its profile."""
    with snapshot(services.sessions) as tx:
        return DatasetView.of(datasets.get(tx, caller.project, dataset_id))


@router.delete("/{dataset_id}", status_code=204)
def delete_dataset(dataset_id: str, services: AppServices, caller: Writer) -> Response:
    """Delete a data set that no unfinished job needs; models trained on it stay."""
    with transaction(services.sessions) as tx:
        datasets.remove(tx, caller.project, dataset_id)
    return Response(status_code=204)
