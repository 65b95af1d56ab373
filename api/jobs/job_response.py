"""Jobs as they are answered: what is shown of them, the validator of that, and the headers that go with it."""

from collections.abc import Sequence
from dataclasses import dataclass

from api.jobs.schemas import JobView
from store.accounts.idempotency import Answer
from store.db.transaction import Tx
from store.ids import ProjectId
from store.jobs import queue_position
from store.jobs.states import TERMINAL
from store.tables import Job

RETRY_SECONDS = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResponse:
    """A job at one moment."""

    view: JobView
    version: int

    @property
    def has_ended(self) -> bool:
        """Whether it will not change any more by itself."""
        return self.view.state in TERMINAL

    @property
    def etag(self) -> str:
        """The validator of all that is shown: for a queued job that is more than its row."""
        queue = self.view.queue
        return f'{self.stage}{queue.starts_in_seconds if queue else ""}"'

    @property
    def stage(self) -> str:
        """The begin of the validator, which changes with the job or its place; the guess when it starts does always."""
        queue = self.view.queue
        return f'"{self.version}-{queue.jobs_ahead if queue else ""}-'

    def is_at_stage_of(self, etags: Sequence[str]) -> bool:
        """Whether any of these validators was given at the same stage."""
        return any(etag.startswith(self.stage) for etag in etags)

    @property
    def headers(self) -> dict[str, str]:
        """What every answer with this job carries."""
        return {"ETag": self.etag} if self.has_ended else {"ETag": self.etag, "Retry-After": RETRY_SECONDS}

    def answer(self) -> Answer:
        """To a request that changed the job."""
        return Answer(status=200, headers=self.headers, body=self.view.as_json())

    def created(self) -> Answer:
        """To the request that made the job."""
        return Answer(status=201, headers={"Location": self.view.links.self, **self.headers}, body=self.view.as_json())


def show(tx: Tx, job: Job) -> JobResponse:
    """A job as it is now."""
    return JobResponse(view=views(tx, ProjectId(job.project_id), [job])[0], version=job.version)


def views(tx: Tx, project: ProjectId, listed: Sequence[Job]) -> list[JobView]:
    """Jobs of one project as they are shown; the queue is looked at once, if any of them is in it."""
    queue = queue_position.queue_snapshot(tx, project) if any(job.state == "queued" for job in listed) else None
    return [JobView.of(job, queue.position_of(job) if queue and job.state == "queued" else None) for job in listed]
