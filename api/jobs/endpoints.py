"""/v1/jobs: training jobs."""

import functools
from collections.abc import Callable
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.dependencies import AppServices, Reader, Writer
from api.http.downloads import is_current, tags
from api.http.idempotency import REPLAYED, Once, RequestKey, answer_once
from api.http.long_polling import wait_for, wished_wait
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.schemas import PageView
from api.http.weights_download import WeightsFormat, respond_weights
from api.jobs.full_validation import ThoroughRoute
from api.jobs.job_filters import METADATA, Filters
from api.jobs.job_response import JobResponse, show, views
from api.jobs.schemas import EpochsView, EpochView, JobView
from messaging.channels import ACTION_REQUESTED
from service import submission
from service.bootstrap import Services
from service.job_request import JobRequest
from store.accounts.keys import Caller
from store.artifacts import blobs
from store.db.transaction import Tx, snapshot, transaction
from store.errors import NotFound
from store.ids import ProjectId
from store.jobs import epochs, jobs, search
from store.tables import Job

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=ThoroughRoute)

MAX_POINTS = 1000
MAX_EPOCH = 2**31 - 1  # far beyond any


@router.post("", status_code=201, response_model=JobView)
async def create_job(  # noqa: PLR0913 - the parameters of the request
    body: JobRequest,
    request: Request,
    services: AppServices,
    caller: Writer,
    key: Once,
    *,
    validate_only: Annotated[bool, Query(description="Answer what would happen, and start nothing.")] = False,
) -> Response:
    """Queue a training job; `dataset_id` and `target` are enough. `Prefer: wait=N` holds the answer until it ends."""
    if validate_only:
        return JSONResponse(await to_thread.run_sync(submission.preview, services, caller.project, body))
    wait = wished_wait(request)
    make = functools.partial(submission.create, services.limits, caller.project, body)
    answer = await to_thread.run_sync(answer_once, services, caller, key, make)
    services.notifier.notify_workers()
    if wait is None:
        return answer
    job_id = answer.headers["Location"].rpartition("/")[2]
    read = functools.partial(_read, services, caller.project, job_id)
    try:
        seen = await wait_for(services, job_id, wait, read, lambda now: now.has_ended)
    except NotFound:
        return answer  # it was deleted since
    kept = {name: answer.headers[name] for name in ("Location", REPLAYED) if name in answer.headers}
    headers = {**kept, **seen.headers, **_applied(wait)}
    return Response(seen.view.model_dump_json(), answer.status_code, headers, "application/json")


@router.get("", openapi_extra=METADATA)
def list_jobs(
    services: AppServices, caller: Reader, sought: Filters, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> PageView[JobView]:
    """The jobs of the project, newest first; those that meet every condition."""
    with snapshot(services.sessions) as tx:
        page = search.page_of(tx, caller.project, sought, cursor, limit)
        return PageView(data=views(tx, caller.project, page.rows), next_cursor=page.next_cursor)


@router.get("/{job_id}", response_model=JobView)
async def get_job(job_id: str, request: Request, services: AppServices, caller: Reader) -> Response:
    """One job: its state and progress. `Prefer: wait=N` holds the answer until something changes."""
    read = functools.partial(_read, services, caller.project, job_id)
    wait = wished_wait(request)
    if wait is None:
        seen = await to_thread.run_sync(read)
    else:
        sent = tags(request)
        known = sent if sent not in ([], ["*"]) else [(await to_thread.run_sync(read)).etag]
        seen = await wait_for(services, job_id, wait, read, lambda now: now.has_ended or not now.is_at_stage_of(known))
    headers = {**seen.headers, **_applied(wait)}
    if is_current(request, seen.etag):
        return Response(status_code=304, headers=headers)
    return Response(seen.view.model_dump_json(), headers=headers, media_type="application/json")


@router.get("/{job_id}/metrics")
def get_metrics(
    job_id: str,
    services: AppServices,
    caller: Reader,
    after_epoch: Annotated[int, Query(ge=0, le=MAX_EPOCH, description="Only epochs after this one.")] = 0,
    max_points: Annotated[int, Query(ge=1, le=MAX_POINTS, description="Thin to at most so many.")] = MAX_POINTS,
) -> EpochsView:
    """The metrics of each epoch, thinned evenly when there are many."""
    with snapshot(services.sessions) as tx:
        jobs.get(tx, caller.project, job_id)
        return EpochsView(data=[EpochView.of(row) for row in epochs.downsampled(tx, job_id, after_epoch, max_points)])


@router.post("/{job_id}/cancel", response_model=JobView)
def cancel_job(job_id: str, services: AppServices, caller: Writer, key: Once) -> Response:
    """Cancel a job: a waiting one at once, a running one after the mini-batch it is at."""
    return _asked(services, caller, key, job_id, lambda tx: jobs.cancel(tx, caller.project, job_id))


@router.post("/{job_id}/stop", response_model=JobView)
def stop_job(job_id: str, services: AppServices, caller: Writer, key: Once) -> Response:
    """Finish now, with the best weights so far."""
    answer = _asked(services, caller, key, job_id, lambda tx: jobs.stop(tx, caller.project, job_id))
    services.notifier.notify_workers()
    return answer


@router.post("/{job_id}/pause", response_model=JobView)
def pause_job(job_id: str, services: AppServices, caller: Writer, key: Once) -> Response:
    """Lay a job aside at a checkpoint, and give its slot back."""
    return _asked(services, caller, key, job_id, lambda tx: jobs.pause(tx, caller.project, job_id))


@router.post("/{job_id}/resume", response_model=JobView)
def resume_job(job_id: str, services: AppServices, caller: Writer, key: Once) -> Response:
    """Go on with a paused job; the result is the same as if it had not been paused."""
    resume = functools.partial(submission.resume, services.limits, caller.project, job_id)
    answer = _asked(services, caller, key, job_id, resume)
    services.notifier.notify_workers()
    return answer


@router.post("/{job_id}/retry", status_code=201, response_model=JobView)
def retry_job(job_id: str, services: AppServices, caller: Writer, key: Once) -> Response:
    """Queue a new job with the spec of one that has ended."""
    answer = answer_once(
        services, caller, key, functools.partial(submission.retry, services.limits, caller.project, job_id)
    )
    services.notifier.notify_workers()
    return answer


@router.delete("/{job_id}", status_code=204)
def delete_job(job_id: str, services: AppServices, caller: Writer) -> Response:
    """Erase a job that has ended, with its metrics, events, checkpoints and model, for good."""
    with transaction(services.sessions) as tx:
        jobs.remove(tx, caller.project, job_id)
    return Response(status_code=204)


@router.get("/{job_id}/weights")
def get_weights(
    job_id: str,
    request: Request,
    services: AppServices,
    caller: Reader,
    format: WeightsFormat = "safetensors",  # noqa: A002 - the contract's name
) -> Response:
    """The weights that a job ended with: its model's, or the last finite ones of a run that diverged."""
    with snapshot(services.sessions) as tx:
        blob = blobs.info(tx, jobs.final_weights_blob(tx, caller.project, job_id))
    return respond_weights(request, services.sessions, job_id, blob, format)


def _asked(
    services: Services, caller: Caller, key: RequestKey | None, job_id: str, ask: Callable[[Tx], Job]
) -> Response:
    answer = answer_once(services, caller, key, lambda tx: show(tx, ask(tx)).answer())
    services.notifier.publish_change(job_id, ACTION_REQUESTED)
    return answer


def _read(services: Services, project: ProjectId, job_id: str) -> JobResponse:
    with snapshot(services.sessions) as tx:
        return show(tx, jobs.get(tx, project, job_id))


def _applied(wait: int | None) -> dict[str, str]:
    return {} if wait is None else {"Preference-Applied": f"wait={wait}"}
