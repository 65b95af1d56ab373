"""/v1/jobs/{id}/events: the events of a job, as a page or as a stream of server-sent events."""

import functools
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse

from api.dependencies import AppServices, Reader, Snapshots, Waiting
from api.events.schemas import EventsView, EventView
from api.http.downloads import is_head
from api.http.errors import InvalidHeader, QuotaExceeded
from api.http.polling.followed_job import FollowedJob
from api.http.polling.open_requests import OpenRequests
from api.http.requests.query_parameters import KnownParametersRoute
from api.openapi.declarations import declare
from service.bootstrap import Services
from store.db.transaction import snapshot
from store.ids import JobId, ProjectId
from store.jobs import events, jobs

router = APIRouter(prefix="/v1/jobs", tags=["jobs"], route_class=KnownParametersRoute)

PAGE = 1000  # events
MAX_NUMBER = 10**15 - 1  # of an event: exact in every JSON reader
NUMBER = re.compile(r"[0-9]{1,15}")
KEEP_ALIVE_SECONDS = 15.0  # proxies close connections that are silent for longer
KEEP_ALIVE = ": keep-alive\n\n"

STREAM = {
    "schema": {"description": "Messages with `id`, `event` and `data`, a JSON object."},
    "example": 'id: 2\nevent: job.running\ndata: {"state":"running","attempt":1,"at":"2026-11-30T09:00:00.000Z"}\n\n',
}
STREAMS = declare(
    accepts=["Accept"],
    headers=["Cache-Control"],
    media={EventSourceResponse.media_type: STREAM},
    problems=[QuotaExceeded],
)
ReadEvents = Callable[[int], list[EventView]]
Following = AbstractAsyncContextManager[FollowedJob]


@router.get("/{job_id}/events", response_model=EventsView, **STREAMS)
async def get_events(  # noqa: PLR0913, PLR0917 - the parameters of the request
    job_id: str,
    request: Request,
    services: AppServices,
    snapshots: Snapshots,
    waiting: Waiting,
    caller: Reader,
    after: Annotated[int, Query(ge=0, le=MAX_NUMBER, description="Return only events after this number.")] = 0,
    limit: Annotated[
        int, Query(ge=1, le=PAGE, description="Maximum number of events in a page. Streams are not limited.")
    ] = PAGE,
    last_event_id: Annotated[
        str | None,
        Header(
            description="Overrides `after`. Browsers send it when they reconnect to a stream.",
            json_schema_extra={"pattern": "^[0-9]{1,15}$"},
        ),
    ] = None,
) -> Response:
    """Return every state transition and epoch of the job.

    With `Accept: text/event-stream`, stream the events as they happen, until the job has ended.
    """
    if last_event_id is not None:
        after = _number(last_event_id)
    await snapshots.get(caller.project, job_id)  # the job exists
    if EventSourceResponse.media_type not in request.headers.get("accept", ""):
        page = await to_thread.run_sync(_read, services, caller.project, job_id, after, limit)
        if page:
            snapshots.seen(job_id, page[-1].id)
        view = EventsView(data=page, next_after=page[-1].id if len(page) == limit else None)
        return Response(view.model_dump_json(), media_type="application/json")
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if is_head(request):
        return Response(None, 200, headers, EventSourceResponse.media_type)
    waiting.check(caller.project)
    read = functools.partial(_read, services, caller.project, job_id)
    stream = _stream(waiting, caller.project, snapshots.follow(caller.project, job_id), read, after)
    return EventSourceResponse(stream, headers=headers)


async def _stream(
    waiting: OpenRequests, project: ProjectId, following: Following, read: ReadEvents, after: int
) -> AsyncIterator[str]:
    """Yield the events after a number. The database is read only if the job has more."""
    sent_at = time.monotonic()
    with waiting.hold(project):
        async with following as followed:
            while True:
                job = await followed.read()
                page = await to_thread.run_sync(read, after) if job.last_event > after else []
                for event in page:
                    yield event.as_message()
                    after, sent_at = event.id, time.monotonic()
                if page and after != job.last_event:  # there are more events, or the job has changed meanwhile
                    followed.seen(after)
                    continue
                if job.has_ended:
                    return
                if time.monotonic() - sent_at > KEEP_ALIVE_SECONDS:
                    yield KEEP_ALIVE
                    sent_at = time.monotonic()
                await followed.wait(KEEP_ALIVE_SECONDS)


def _read(services: Services, project: ProjectId, job_id: str, after: int, limit: int = PAGE) -> list[EventView]:
    with snapshot(services.sessions) as tx:
        jobs.get(tx, project, job_id)
        return [EventView.of(row) for row in events.after(tx, JobId(job_id), after, limit)]


def _number(last_event_id: str) -> int:
    if not NUMBER.fullmatch(last_event_id):
        raise InvalidHeader(f"Last-Event-ID must be the number of an event, not {last_event_id[:40]!r}.")
    return int(last_event_id)
