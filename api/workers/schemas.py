"""Workers as responses show them."""

from pydantic import Field

from api.http.schemas import View
from store.clock import rfc3339
from store.ids import ProjectId, kind_of
from store.jobs.workers import LiveWorker, RunningJob


class RunningJobView(View):
    """A job or a batch that a worker runs."""

    job_id: str | None = Field(
        description="Null for a batch of predictions.", examples=["job_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"]
    )
    batch_id: str | None = Field(
        description="Null for a training job.", examples=["bat_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"]
    )
    project_id: str
    epoch: int
    epochs: int = Field(description="0 for a batch.")
    fraction: float = Field(description="How much is done, from 0 to 1.")
    since: str | None = Field(description="When the worker took the job.")

    @classmethod
    def of(cls, job: RunningJob) -> "RunningJobView":
        """Return the view of a running job."""
        since = None if job.since is None else rfc3339(job.since)
        kind = kind_of(job.id)
        return cls(
            job_id=job.id if kind == "job" else None,
            batch_id=job.id if kind == "batch" else None,
            project_id=job.project,
            epoch=job.epoch,
            epochs=job.epochs,
            fraction=job.fraction,
            since=since,
        )


class WorkerView(View):
    """A live worker."""

    id: str = Field(examples=["wrk_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    host: str
    pid: int
    version: str = Field(description="The version of its software.")
    slots: int = Field(description="How many jobs it runs at a time.")
    busy_slots: int = Field(description="How many jobs it runs now.")
    fingerprint: str = Field(description="Workers with equal numeric fingerprints give bit-identical results.")
    started_at: str
    seen_at: str = Field(description="The time of its last heartbeat.")
    running: list[RunningJobView] = Field(
        description="The jobs that it runs: those of all projects with a key of the default project, else your own."
    )

    @classmethod
    def of(cls, worker: LiveWorker, only: ProjectId | None) -> "WorkerView":
        """Return the view of a worker, with the jobs of one project or of all."""
        visible = [job for job in worker.running if only is None or job.project == only]
        return cls(
            id=worker.info.id,
            host=worker.info.host,
            pid=worker.info.pid,
            version=worker.info.version,
            slots=worker.info.slots,
            busy_slots=len(worker.running),
            fingerprint=worker.info.fingerprint,
            started_at=rfc3339(worker.started_at),
            seen_at=rfc3339(worker.seen_at),
            running=[RunningJobView.of(job) for job in visible],
        )


class WorkersView(View):
    """The live workers, in the order of their starts."""

    data: list[WorkerView]
