"""/v1/jobs: training jobs."""

import functools
from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from api import planning
from api.downloads import is_current
from api.once import Once, answer_once
from api.routes.paging import DEFAULT_LIMIT, Cursor, Limit
from api.routes.thorough import ThoroughRoute
from api.schemas.common import PageView
from api.schemas.jobs import TERMINAL, EpochsView, EpochView, JobRequest, JobView, State
from api.service import Here, Reader, Service, Writer
from store import epochs, jobs
from store.tables import Job
from store.transaction import Tx, snapshot, transaction

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=ThoroughRoute)

RETRY_SECONDS = "1"
MOST_POINTS = 1000


@router.post("", status_code=201, response_model=JobView)
def create_job(
    body: JobRequest,
    here: Here,
    caller: Writer,
    key: Once,
    *,
    validate_only: Annotated[bool, Query(description="Answer what would happen, and start nothing.")] = False,
) -> JSONResponse:
    """Queue a training job. The smallest body names a data set and a target."""
    if validate_only:
        with snapshot(here.sessions) as tx:
            return JSONResponse(planning.preview(tx, here.limits, caller.project, body), 200)
    answer = answer_once(here, caller, key, functools.partial(planning.create, here.limits, caller.project, body))
    here.doorbell.ring()
    return answer


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
        return PageView(data=[_view(tx, job) for job in page.rows], next_cursor=page.next_cursor)


@router.get("/{job_id}", response_model=JobView)
def get_job(job_id: str, request: Request, here: Here, caller: Reader) -> Response:
    """One job: its state, progress, and what it will lead to."""
    with snapshot(here.sessions) as tx:
        job = jobs.get(tx, caller.project, job_id)
        view = _view(tx, job)
    etag = f'"{job.version}-{view.queue.jobs_ahead if view.queue else 0}"'
    headers = {"ETag": etag, **({} if view.state in TERMINAL else {"Retry-After": RETRY_SECONDS})}
    if is_current(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(view.model_dump_json(), headers=headers, media_type="application/json")


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


def _asked(here: Service, job_id: str, ask: Callable[[Tx], Job]) -> JobView:
    with transaction(here.sessions) as tx:
        view = _view(tx, ask(tx))
    here.doorbell.wake(job_id)
    return view


def _view(tx: Tx, job: Job) -> JobView:
    return JobView.of(job, jobs.jobs_ahead(tx, job) if job.state == "queued" else None)
