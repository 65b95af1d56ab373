"""Responses with a job: its view, its validator (ETag), and the headers that belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.http.polling.job_snapshot import JobSnapshot
from api.jobs.schemas import JobView
from store.accounts.idempotency import Answer
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId
from store.jobs import jobs, queue_position
from store.jobs.states import TERMINAL
from store.tables import Job

RETRY_SECONDS = "1"  # when a client that polls should ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResponse:
    """A job at one point in time."""

    view: JobView
    version: int

    @property
    def etag(self) -> str:
        """Return the validator. For a queued job, it also covers the queue position, which is not in the job's row."""
        queue = self.view.queue
        return f'{self.etag_without_start}{queue.starts_in_seconds if queue else ""}"'

    @property
    def etag_without_start(self) -> str:
        """Return the validator without the estimated start, which changes all the time."""
        queue = self.view.queue
        return f'"{self.version}-{queue.jobs_ahead if queue else ""}-'

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of every response with this job."""
        return {"ETag": self.etag} if self.view.state in TERMINAL else {"ETag": self.etag, "Retry-After": RETRY_SECONDS}

    def updated(self) -> Answer:
        """Return the answer to a request that changed the job."""
        return Answer(status=200, headers=self.headers, body=self.view.as_json())

    def created(self) -> Answer:
        """Return the answer to the request that created the job."""
        return Answer(status=201, headers={"Location": self.view.links.self, **self.headers}, body=self.view.as_json())


def job_response(tx: Tx, job: Job) -> JobResponse:
    """Return the response with a job as it is now."""
    return JobResponse(view=job_views(tx, ProjectId(job.project_id), [job])[0], version=job.version)


def new_job_response(tx: Tx, job: Job) -> JobResponse:
    """Return the response with a job that `tx` queues."""
    return JobResponse(view=JobView.of(job, queue_position.join_queue(tx, job)), version=job.version)


def read_job(sessions: Sessions, project: ProjectId, job_id: str) -> JobSnapshot:
    """Return the project's job as it is now, ready to be sent. Raises `NotFound`."""
    with snapshot(sessions) as tx:
        job = jobs.get(tx, project, job_id)
        response = job_response(tx, job)
    return JobSnapshot(
        project=ProjectId(job.project_id),
        state=job.state,
        last_event=job.events,
        version=response.etag_without_start,
        etag=response.etag,
        headers=response.headers,
        body=response.view.model_dump_json().encode(),
    )


def job_views(tx: Tx, project: ProjectId, listed: Sequence[Job]) -> list[JobView]:
    """Return the views of jobs of one project; the queue is read at most one time."""
    queue = queue_position.queue_snapshot(tx, project) if any(job.state == "queued" for job in listed) else None
    return [JobView.of(job, queue.position_of(job) if queue and job.state == "queued" else None) for job in listed]
