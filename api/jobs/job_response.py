"""Responses with a job: its view, its validator (ETag), and the headers that belong to it."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.jobs.schemas import JobView
from store.accounts.idempotency import Answer
from store.db.transaction import Tx
from store.ids import ProjectId
from store.jobs import queue_position
from store.jobs.states import TERMINAL
from store.tables import Job

RETRY_SECONDS = "1"  # when a client that polls should ask again


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResponse:
    """A job at one point in time."""

    view: JobView
    version: int

    @property
    def has_ended(self) -> bool:
        """Return whether the job is in a final state."""
        return self.view.state in TERMINAL

    @property
    def etag(self) -> str:
        """Return the validator. For a queued job, it also covers the queue position, which is not in the job's row."""
        queue = self.view.queue
        return f'{self._etag_prefix}{queue.starts_in_seconds if queue else ""}"'

    @property
    def _etag_prefix(self) -> str:
        """Return the validator without the estimated start, which changes all the time."""
        queue = self.view.queue
        return f'"{self.version}-{queue.jobs_ahead if queue else ""}-'

    def has_changed_since(self, etags: Sequence[str]) -> bool:
        """Return whether there is news for a client that knows these validators; always true once the job has ended."""
        return self.has_ended or not any(etag.startswith(self._etag_prefix) for etag in etags)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of every response with this job."""
        return {"ETag": self.etag} if self.has_ended else {"ETag": self.etag, "Retry-After": RETRY_SECONDS}

    def updated(self) -> Answer:
        """Return the answer to a request that changed the job."""
        return Answer(status=200, headers=self.headers, body=self.view.as_json())

    def created(self) -> Answer:
        """Return the answer to the request that created the job."""
        return Answer(status=201, headers={"Location": self.view.links.self, **self.headers}, body=self.view.as_json())


def job_response(tx: Tx, job: Job) -> JobResponse:
    """Return the response with a job as it is now."""
    return JobResponse(view=job_views(tx, ProjectId(job.project_id), [job])[0], version=job.version)


def job_views(tx: Tx, project: ProjectId, listed: Sequence[Job]) -> list[JobView]:
    """Return the views of jobs of one project; the queue is read at most one time."""
    queue = queue_position.queue_snapshot(tx, project) if any(job.state == "queued" for job in listed) else None
    return [JobView.of(job, queue.position_of(job) if queue and job.state == "queued" else None) for job in listed]
