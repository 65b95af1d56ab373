"""/v1/jobs: training jobs."""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api import planning
from api.downloads import is_current
from api.once import Once, answer_once
from api.routes.paging import DEFAULT_LIMIT, Cursor, Limit
from api.routes.thorough import ThoroughRoute
from api.schemas.common import PageView
from api.schemas.jobs import EpochsView, EpochView, JobRequest, JobView, State
from api.service import Here, Reader, Service, Writer
from api.waiting import wait_for, wished_wait
from api.weights import WeightsFormat, respond_weights
from store import blobs, epochs, jobs, standing
from store.ids import ProjectId
from store.jobs import TERMINAL
from store.queue import ASKED
from store.tables import Job
from store.transaction import Tx, snapshot, transaction

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=ThoroughRoute)

RETRY_SECONDS = "1"
MOST_POINTS = 1000


@router.post("", status_code=201, response_model=JobView)
async def create_job(  # noqa: PLR0913 - the parameters of the request
    body: JobRequest,
    request: Request,
    here: Here,
    caller: Writer,
    key: Once,
    *,
    validate_only: Annotated[bool, Query(description="Answer what would happen, and start nothing.")] = False,
) -> Response:
    """Queue a training job; `dataset_id` and `target` are enough. `Prefer: wait=N` holds the answer until it ends."""
    if validate_only:
        return JSONResponse(await to_thread.run_sync(planning.preview, here, caller.project, body))
    wait = wished_wait(request)
    make = functools.partial(planning.create, here.limits, caller.project, body)
    answer = await to_thread.run_sync(answer_once, here, caller, key, make)
    here.doorbell.ring()
    if wait is None:
        return answer
    job_id = answer.headers["Location"].rpartition("/")[2]
    read = functools.partial(_seen, here, caller.project, job_id)
    seen = await wait_for(here, job_id, wait, read, lambda now: now.view.state in TERMINAL)
    headers = {"Location": answer.headers["Location"], **_applied(wait)}
    return Response(seen.view.model_dump_json(), answer.status_code, headers, "application/json")


@router.get("")
def list_jobs(
    here: Here,
    caller: Reader,
    state: State | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> PageView[JobView]:
    """The jobs of the project, newest first."""
    with snapshot(here.sessions) as tx:
        page = jobs.page_of(tx, caller.project, state, cursor, limit)
        return PageView(data=_views(tx, caller.project, page.rows), next_cursor=page.next_cursor)


@router.get("/{job_id}", response_model=JobView)
async def get_job(job_id: str, request: Request, here: Here, caller: Reader) -> Response:
    """One job: its state and progress. `Prefer: wait=N` holds the answer until something changes."""
    read = functools.partial(_seen, here, caller.project, job_id)
    wait = wished_wait(request)
    if wait is None:
        seen = await to_thread.run_sync(read)
    else:
        first = request.headers.get("if-none-match") or (await to_thread.run_sync(read)).etag
        seen = await wait_for(here, job_id, wait, read, lambda now: now.etag != first or now.view.state in TERMINAL)
    headers = {"ETag": seen.etag, **_applied(wait)}
    if seen.view.state not in TERMINAL:
        headers["Retry-After"] = RETRY_SECONDS
    if is_current(request, seen.etag):
        return Response(status_code=304, headers=headers)
    return Response(seen.view.model_dump_json(), headers=headers, media_type="application/json")


@router.get("/{job_id}/metrics")
def get_metrics(
    job_id: str,
    here: Here,
    caller: Reader,
    after_epoch: Annotated[int, Query(ge=0, description="Only epochs after this one.")] = 0,
    max_points: Annotated[int, Query(ge=1, le=MOST_POINTS, description="Thin to at most so many.")] = MOST_POINTS,
) -> EpochsView:
    """The metrics of each epoch, thinned evenly when there are many."""
    with snapshot(here.sessions) as tx:
        jobs.get(tx, caller.project, job_id)
        return EpochsView(data=[EpochView.of(row) for row in epochs.thinned(tx, job_id, after_epoch, max_points)])


@router.post("/{job_id}/cancel")
def cancel_job(job_id: str, here: Here, caller: Writer) -> JobView:
    """Cancel a job: a waiting one at once, a running one after the mini-batch it is at."""
    return _asked(here, job_id, lambda tx: jobs.cancel(tx, caller.project, job_id))


@router.post("/{job_id}/stop")
def stop_job(job_id: str, here: Here, caller: Writer) -> JobView:
    """Finish now, with the best weights so far."""
    view = _asked(here, job_id, lambda tx: jobs.stop(tx, caller.project, job_id))
    here.doorbell.ring()
    return view


@router.post("/{job_id}/pause")
def pause_job(job_id: str, here: Here, caller: Writer) -> JobView:
    """Lay a job aside at a checkpoint, and give its slot back."""
    return _asked(here, job_id, lambda tx: jobs.pause(tx, caller.project, job_id))


@router.post("/{job_id}/resume")
def resume_job(job_id: str, here: Here, caller: Writer) -> JobView:
    """Go on with a paused job; the result is the same as if it had not been paused."""
    view = _asked(here, job_id, functools.partial(planning.resume, here.limits, caller.project, job_id))
    here.doorbell.ring()
    return view


@router.post("/{job_id}/retry", status_code=201, response_model=JobView)
def retry_job(job_id: str, here: Here, caller: Writer, key: Once) -> Response:
    """Queue a new job with the spec of one that has ended."""
    answer = answer_once(here, caller, key, functools.partial(planning.retry, here.limits, caller.project, job_id))
    here.doorbell.ring()
    return answer


@router.delete("/{job_id}", status_code=204)
def delete_job(job_id: str, here: Here, caller: Writer) -> Response:
    """Erase a job that has ended, with its metrics, events, checkpoints and model, for good."""
    with transaction(here.sessions) as tx:
        jobs.remove(tx, caller.project, job_id)
    return Response(status_code=204)


@router.get("/{job_id}/weights")
def get_weights(
    job_id: str,
    request: Request,
    here: Here,
    caller: Reader,
    format: WeightsFormat = "safetensors",  # noqa: A002 - the contract's name
) -> Response:
    """The weights that a job ended with: its model's, or the last finite ones of a run that diverged."""
    with snapshot(here.sessions) as tx:
        blob = blobs.info(tx, jobs.weights_blob(tx, caller.project, job_id))
    return respond_weights(request, here.sessions, job_id, blob, format)


def _asked(here: Service, job_id: str, ask: Callable[[Tx], Job]) -> JobView:
    with transaction(here.sessions) as tx:
        view = _view(tx, ask(tx))
    here.doorbell.wake(job_id, ASKED)
    return view


@dataclass(frozen=True, slots=True)
class Seen:
    """A job at one moment, and the validator of what is shown of it."""

    view: JobView
    etag: str


def _seen(here: Service, project: ProjectId, job_id: str) -> Seen:
    with snapshot(here.sessions) as tx:
        job = jobs.get(tx, project, job_id)
        view = _view(tx, job)
    return Seen(view, f'"{job.version}-{_place(view)}"')


def _applied(wait: int | None) -> dict[str, str]:
    return {} if wait is None else {"Preference-Applied": f"wait={wait}"}


def _place(view: JobView) -> str:
    return f"{view.queue.jobs_ahead}-{view.queue.starts_in_seconds}" if view.queue else "0"


def _view(tx: Tx, job: Job) -> JobView:
    return _views(tx, ProjectId(job.project_id), [job])[0]


def _views(tx: Tx, project: ProjectId, listed: Sequence[Job]) -> list[JobView]:
    """Jobs of one project as they are shown; the queue is looked at once, if any of them is in it."""
    line = standing.line(tx, project) if any(job.state == "queued" for job in listed) else None
    return [JobView.of(job, line.place(job) if line and job.state == "queued" else None) for job in listed]
