"""/v1/jobs: submit, follow and control training jobs."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api.dependencies import AppServices, Reader, Snapshots, Waiting, Writer
from api.http.audited import audited
from api.http.downloads import etags, is_current
from api.http.errors import JobFinished, JobUnfinished, NotFound, OverLimit, QuotaExceeded
from api.http.idempotency import REPLAYED, Idempotent, KeyedRequest, replayed, run_idempotently
from api.http.long_polling import poll, requested_wait
from api.http.paging import DEFAULT_LIMIT, Cursor, Limit
from api.http.polling.followed_job import FollowedJob
from api.http.polling.job_snapshot import JobSnapshot
from api.http.preconditions import IfMatch
from api.http.requests.list_filters import METADATA_FILTERS
from api.http.schemas import PageView
from api.http.weights_download import OCTETS, WeightsFormat, weights_response
from api.jobs.changed_job import ChangedJob, check_version
from api.jobs.full_validation import FullValidationRoute
from api.jobs.job_filters import Filters
from api.jobs.job_response import job_views, new_job_response
from api.jobs.schemas import EpochsView, EpochView, JobView
from api.openapi.declarations import declare, declare_download
from service.bootstrap import Services
from service.jobs import actions, submission
from service.jobs.job_request import JobRequest
from service.jobs.neighbors import neighbors_of
from service.jobs.submission import ResolvedJob
from store.accounts.keys import Caller
from store.artifacts import blobs
from store.db.transaction import snapshot
from store.errors import NotFound as JobGone
from store.ids import ProjectId
from store.jobs import durations, epochs, jobs, search

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=FullValidationRoute)

JOB_HEADERS = ("ETag", "Retry-After")
ACTS = declare(headers=JOB_HEADERS, problems=[JobFinished])
QUEUES = declare(headers=JOB_HEADERS, problems=[JobFinished, QuotaExceeded])
RETRIES = declare(status=201, headers=JOB_HEADERS, problems=[JobUnfinished, QuotaExceeded])
POLLS = declare(accepts=["Prefer", "If-None-Match"], headers=[*JOB_HEADERS, "Preference-Applied", "Age", "Warning"])
CREATES = declare(
    status=201,
    accepts=["Prefer"],
    headers=[*JOB_HEADERS, "Preference-Applied"],
    problems=[NotFound, OverLimit, QuotaExceeded],
)
LISTS = declare(problems=[OverLimit], extra=METADATA_FILTERS)
MAX_POINTS = 1000  # epochs in one response
MAX_EPOCH = 2**31 - 1  # fits every integer column


@router.post("", status_code=201, response_model=JobView, **CREATES)
async def create_job(  # noqa: PLR0913, PLR0917 - the parameters of the request
    body: JobRequest,
    request: Request,
    services: AppServices,
    snapshots: Snapshots,
    waiting: Waiting,
    caller: Writer,
    keyed: Idempotent,
    *,
    validate_only: Annotated[
        bool, Query(description="Validate and return the resolved spec without creating a job.")
    ] = False,
    neighbors: Annotated[
        bool,
        Query(
            description="With `validate_only`: add `neighbors` to the estimate, what the job would cost with one layer "
            "more or less, twice or half the width, the batch size or the epochs."
        ),
    ] = False,
) -> Response:
    """Queue a training job. Only `dataset_id` and `target` are required.

    With `Prefer: wait=N`, the response is sent when the job has ended, or after N seconds.
    """
    if validate_only:
        preview = partial(_preview, services, caller.project, body, neighbors=neighbors)
        return JSONResponse(await to_thread.run_sync(preview))
    wait = requested_wait(request)
    if wait is None:
        return await to_thread.run_sync(_create, services, caller, keyed, body)
    waiting.check(caller.project)
    with waiting.hold(caller.project):
        created = await to_thread.run_sync(_create, services, caller, keyed, body)
        job_id = created.headers["Location"].rpartition("/")[2]
        async with snapshots.follow(caller.project, job_id) as followed:
            return await _wait_for_end(request, followed, created, wait)


@router.get("", **LISTS)
def list_jobs(  # noqa: PLR0913, PLR0917 - the parameters of the request
    services: AppServices,
    caller: Reader,
    snapshots: Snapshots,
    filters: Filters,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> PageView[JobView]:
    """List the project's jobs that match all filters, newest first."""
    with snapshot(services.sessions) as tx:
        page = search.page_of(tx, caller.project, filters, cursor, limit)
        for job in page.rows:
            snapshots.seen(job.id, job.events)
        return PageView(data=job_views(tx, caller.project, page.rows), next_cursor=page.next_cursor)


@router.get("/{job_id}", response_model=JobView, **POLLS)
async def get_job(  # noqa: PLR0913, PLR0917 - the parameters of the request
    job_id: str,
    request: Request,
    snapshots: Snapshots,
    waiting: Waiting,
    caller: Reader,
    until: Annotated[
        Literal["ended"] | None, Query(description="With `Prefer: wait=N`, wait until the job has ended.")
    ] = None,
) -> Response:
    """Return a job with its state and progress.

    With `Prefer: wait=N`, the response is sent when the job has changed, with `until=ended` when it has ended, or after
    N seconds.

    While the database cannot be reached, the last known state is sent. It has the headers `Age`, the seconds since it
    was read, and `Warning: 110 - "Response is Stale"`.
    """
    wait = requested_wait(request)
    job = await snapshots.get(caller.project, job_id)
    if wait is not None:
        is_done = _has_ended if until else _has_news(etags(request), job)
        waiting.check(caller.project)
        with waiting.hold(caller.project):
            async with snapshots.follow(caller.project, job_id) as followed:
                job = await poll(request, followed, wait, is_done)
    headers = {**job.headers, **_preference_applied(wait)}
    if is_current(request, job.etag):
        return Response(status_code=304, headers=headers)
    return Response(job.body, headers=headers, media_type="application/json")


@router.get("/{job_id}/metrics")
def get_metrics(
    job_id: str,
    services: AppServices,
    caller: Reader,
    after_epoch: Annotated[int, Query(ge=0, le=MAX_EPOCH, description="Return only later epochs.")] = 0,
    max_points: Annotated[
        int, Query(ge=1, le=MAX_POINTS, description="Maximum number of epochs; more are thinned out evenly.")
    ] = MAX_POINTS,
) -> EpochsView:
    """Return the metrics of each epoch."""
    with snapshot(services.sessions) as tx:
        jobs.get(tx, caller.project, job_id)
        return EpochsView(data=[EpochView.of(row) for row in epochs.downsampled(tx, job_id, after_epoch, max_points)])


@router.post("/{job_id}/cancel", response_model=JobView, **ACTS)  # noqa: FAST003 - ChangedJob has the id
def cancel_job(job: ChangedJob) -> Response:
    """Cancel the job: immediately if it is queued or paused, after the current mini-batch if it is running."""
    return job.act(lambda tx: actions.cancel(tx, job.project, job.id))


@router.post("/{job_id}/stop", response_model=JobView, **ACTS)  # noqa: FAST003 - ChangedJob has the id
def stop_job(job: ChangedJob) -> Response:
    """Finish the job now: its model gets the best weights so far."""
    return job.act(lambda tx: actions.stop(tx, job.project, job.id))


@router.post("/{job_id}/pause", response_model=JobView, **ACTS)  # noqa: FAST003 - ChangedJob has the id
def pause_job(job: ChangedJob) -> Response:
    """Pause the job: save a checkpoint and free its worker slot."""
    return job.act(lambda tx: actions.pause(tx, job.project, job.id))


@router.post("/{job_id}/resume", response_model=JobView, **QUEUES)  # noqa: FAST003 - ChangedJob has the id
def resume_job(job: ChangedJob) -> Response:
    """Queue a paused job again. The result is the same as without the pause."""
    return job.act(lambda tx: actions.resume(tx, job.services.limits, job.project, job.id))


@router.post("/{job_id}/retry", status_code=201, response_model=JobView, **RETRIES)  # noqa: FAST003 - the same
def retry_job(job: ChangedJob) -> Response:
    """Queue a new job with the spec of a job that has ended."""
    return job.act(lambda tx: actions.retry(tx, job.services.limits, job.project, job.id), creates=True)


@router.delete("/{job_id}", status_code=204, **declare(status=204, problems=[JobUnfinished]))
def delete_job(job_id: str, services: AppServices, caller: Writer, if_match: IfMatch) -> Response:
    """Permanently delete a job that has ended, with its metrics, events, checkpoints and model."""
    with audited(services.sessions, caller, job_id) as tx:
        check_version(tx, caller.project, job_id, if_match)
        actions.remove(tx, caller.project, job_id)
    return Response(status_code=204)


@router.get("/{job_id}/weights", response_class=Response, **declare_download(OCTETS))
def get_job_weights(
    job_id: str,
    request: Request,
    services: AppServices,
    caller: Reader,
    format: WeightsFormat = "safetensors",  # noqa: A002 - the contract's name
) -> Response:
    """Download the weights that the job ended with: its model's, or the last finite ones if training diverged."""
    with snapshot(services.sessions) as tx:
        blob = blobs.info(tx, jobs.final_weights_blob(tx, caller.project, job_id))
    return weights_response(request, services.sessions, job_id, blob, format)


def _create(services: Services, caller: Caller, keyed: KeyedRequest | None, body: JobRequest) -> JSONResponse:
    if repeated := replayed(services.sessions, caller, keyed):
        return repeated
    resolved = _resolve(services, caller.project, body)
    return run_idempotently(
        services.sessions,
        caller,
        keyed,
        lambda tx: new_job_response(tx, submission.submit(tx, services.limits, caller.project, resolved)).created(),
    )


def _resolve(services: Services, project: ProjectId, body: JobRequest) -> ResolvedJob:
    return submission.resolve(services.sessions, services.limits, services.planned_jobs, project, body)


def _preview(services: Services, project: ProjectId, body: JobRequest, *, neighbors: bool) -> dict[str, Any]:
    resolved = _resolve(services, project, body)
    estimate = dict(resolved.estimate)
    if neighbors:
        with snapshot(services.sessions) as tx:
            runs = durations.recent_runs(tx)
        estimate["neighbors"] = [each.to_json() for each in neighbors_of(services.limits, resolved.spec, runs)]
    return {"valid": True, "spec": resolved.spec, "estimate": estimate, "warnings": resolved.warnings}


def _has_ended(now: JobSnapshot) -> bool:
    return now.has_ended


def _has_news(sent: list[str], job: JobSnapshot) -> Callable[[JobSnapshot], bool]:
    """Return whether a job has changed since the version that the client knows: by default, the one at its request."""
    known = sent if sent not in ([], ["*"]) else [job.etag]
    return lambda now: now.has_changed_since(known)


async def _wait_for_end(request: Request, followed: FollowedJob, created: Response, wait: int) -> Response:
    """Return the response to the creation of a job with the job as it has ended, or as it is after the wait."""
    try:
        job = await poll(request, followed, wait, _has_ended)
    except JobGone:
        return created  # the job was deleted meanwhile
    kept = {name: created.headers[name] for name in ("Location", REPLAYED) if name in created.headers}
    headers = {**kept, **job.headers, **_preference_applied(wait)}
    return Response(job.body, created.status_code, headers, "application/json")


def _preference_applied(wait: int | None) -> dict[str, str]:
    return {} if wait is None else {"Preference-Applied": f"wait={wait}"}
