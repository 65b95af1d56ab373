"""/v1/models/{id}/batches and /v1/batches: predict whole data sets, follow it, download the result."""

import functools
from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.batches.batch_filters import Filters
from api.batches.batch_response import batch_response, batch_views, new_batch_response
from api.batches.schemas import BatchView
from api.dependencies import AppServices, Batches, Reader, Waiting, Writer
from api.http.audited import audited
from api.http.downloads import Download, download_response, etags, is_current
from api.http.errors import JobFinished, JobUnfinished, NotFound, OverLimit, QuotaExceeded, ResultMissing
from api.http.idempotency import Idempotent, replayed, run_idempotently
from api.http.long_polling import poll, requested_wait
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.polling.job_snapshot import JobSnapshot
from api.http.preconditions import IfMatch, Precondition
from api.http.requests.json_body import JsonRoute
from api.http.requests.list_filters import METADATA_FILTERS
from api.http.schemas import PageView
from api.openapi.declarations import declare, declare_download
from service.batches import actions, submission
from service.batches.batch_request import BatchRequest
from store import batches
from store.accounts.idempotency import Answer
from store.artifacts import blobs
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId

router = APIRouter(tags=["batches"], route_class=JsonRoute)

HEADERS = ("ETag", "Retry-After")
CREATES = declare(status=201, headers=HEADERS, problems=[NotFound, QuotaExceeded])
POLLS = declare(accepts=["Prefer", "If-None-Match"], headers=[*HEADERS, "Preference-Applied", "Age", "Warning"])
MEDIA_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet"}


@router.post("/v1/models/{model_id}/batches", status_code=201, response_model=BatchView, **CREATES)
def create_batch(
    model_id: str, body: BatchRequest, services: AppServices, caller: Writer, keyed: Idempotent
) -> Response:
    """Queue predictions for every row of a data set.

    The columns of the data set are matched to the inputs of the model by name. If one is missing or has another type,
    nothing is queued, and every problem is listed. The result has one row for each row of the data set, in its order.
    """
    if repeated := replayed(services.sessions, caller, keyed):
        return repeated
    resolved = submission.resolve(services.sessions, services.loaded_models, caller.project, model_id, body)

    def create(tx: Tx) -> Answer:
        batch = submission.submit(tx, services.limits, caller.project, resolved)
        return new_batch_response(tx, batch).answer(201)

    return run_idempotently(services.sessions, caller, keyed, create)


@router.get("/v1/batches", **declare(problems=[OverLimit], extra=METADATA_FILTERS))
def list_batches(
    services: AppServices, caller: Reader, filters: Filters, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[BatchView]:
    """List the project's batches that match all filters, newest first."""
    with snapshot(services.sessions) as tx:
        page = batches.page_of(tx, caller.project, filters, cursor, limit)
        return PageView(data=batch_views(tx, caller.project, page.rows), next_cursor=page.next_cursor)


@router.get("/v1/batches/{batch_id}", response_model=BatchView, **POLLS)
async def get_batch(  # noqa: PLR0913, PLR0917 - the parameters of the request
    batch_id: str,
    request: Request,
    snapshots: Batches,
    waiting: Waiting,
    caller: Reader,
    until: Annotated[
        Literal["ended"] | None, Query(description="With `Prefer: wait=N`, wait until the batch has ended.")
    ] = None,
) -> Response:
    """Return a batch with its state and progress.

    With `Prefer: wait=N`, the response is sent when the batch has changed, with `until=ended` when it has ended, or
    after N seconds.
    """
    wait = requested_wait(request)
    batch = await snapshots.get(caller.project, batch_id)
    applied = {} if wait is None else {"Preference-Applied": f"wait={wait}"}
    if wait is not None:
        waiting.check(caller.project)
        is_done = _has_ended if until else _has_news(etags(request), batch)
        with waiting.hold(caller.project):
            async with snapshots.follow(caller.project, batch_id) as followed:
                batch = await poll(request, followed, wait, is_done)
    headers = {**batch.headers, **applied}
    if is_current(request, batch.etag):
        return Response(status_code=304, headers=headers)
    return Response(batch.body, headers=headers, media_type="application/json")


@router.post(
    "/v1/batches/{batch_id}/cancel", response_model=BatchView, **declare(headers=HEADERS, problems=[JobFinished])
)
def cancel_batch(
    batch_id: str, services: AppServices, caller: Writer, keyed: Idempotent, if_match: IfMatch
) -> Response:
    """Cancel the batch: immediately if it is queued, after the current block of rows if it is running."""

    def cancel(tx: Tx) -> Answer:
        _check_version(tx, caller.project, batch_id, if_match)
        return batch_response(tx, actions.cancel(tx, caller.project, batch_id)).answer()

    response: JSONResponse = run_idempotently(services.sessions, caller, keyed, cancel)
    return response


@router.delete("/v1/batches/{batch_id}", status_code=204, **declare(status=204, problems=[JobUnfinished]))
def delete_batch(batch_id: str, services: AppServices, caller: Writer, if_match: IfMatch) -> Response:
    """Permanently delete a batch that has ended, with its result."""
    with audited(services.sessions, caller, batch_id) as tx:
        _check_version(tx, caller.project, batch_id, if_match)
        actions.remove(tx, caller.project, batch_id)
    return Response(status_code=204)


@router.get(
    "/v1/batches/{batch_id}/content",
    response_class=Response,
    **declare_download(*MEDIA_TYPES.values(), problems=[ResultMissing]),
)
def get_batch_content(batch_id: str, request: Request, services: AppServices, caller: Reader) -> Response:
    """Download the predictions: one row for each row of the data set, in its order. Supports `Range`."""
    with snapshot(services.sessions) as tx:
        batch, blob_id = batches.result_blob(tx, caller.project, batch_id)
        blob = blobs.info(tx, blob_id)
    extension = batch.spec["format"]
    download = Download(
        filename=f"{batch_id}.{extension}",
        media_type=MEDIA_TYPES[extension],
        bytes=blob.bytes,
        sha256=blob.sha256,
    )
    return download_response(request, download, functools.partial(blobs.read, services.sessions, blob.id))


def _check_version(tx: Tx, project: ProjectId, batch_id: str, if_match: Precondition) -> None:
    """Raise `PreconditionFailed` if the batch has changed. The queue position in an ETag does not count as a change."""
    if if_match.names_versions:
        batch = batches.get(tx, project, batch_id, lock="exclusive")
        if_match.check(lambda tag: tag.startswith(f'"{batch.version}-'))


def _has_ended(now: JobSnapshot) -> bool:
    return now.has_ended


def _has_news(sent: list[str], batch: JobSnapshot) -> Callable[[JobSnapshot], bool]:
    """Return whether a batch has changed since the version that the client knows, or since its request."""
    known = sent if sent not in ([], ["*"]) else [batch.etag]
    return lambda now: now.has_changed_since(known)
