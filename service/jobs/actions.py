"""What owners do with their jobs: cancel, stop, pause, resume, delete, retry."""

from messaging.notifications import notify_workers, publish_change, publish_request
from service.jobs.submission import enqueue
from service.limits import ServiceLimits
from service.quotas import check_queue
from store import learning_curves
from store.artifacts import datasets, models, uploaded_weights
from store.db.transaction import Tx
from store.ids import JobId, ProjectId
from store.jobs import events, jobs, queue_position
from store.tables import Job

RETRIED_COLUMNS = (  # what a retry copies from the old job
    "dataset_id",
    "validation_dataset_id",
    "base_model_id",
    "base_weights_id",
    "name",
    "priority",
    "spec",
    "estimate",
    "expected_seconds",
    "epochs",
    "metadata_",
)


def cancel(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Cancel a queued or paused job immediately; request it of the worker of a running one."""
    job = jobs.cancel(tx, project, job_id)
    publish_request(tx, job_id)
    return job


def stop(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Request that the job finishes with its best weights so far; a paused job is queued for that."""
    job = jobs.stop(tx, project, job_id)
    publish_request(tx, job_id)
    notify_workers(tx)
    return job


def pause(tx: Tx, project: ProjectId, job_id: str) -> Job:
    """Pause a queued job immediately; request it of the worker of a running one."""
    job = jobs.pause(tx, project, job_id)
    publish_request(tx, job_id)
    return job


def resume(tx: Tx, limits: ServiceLimits, project: ProjectId, job_id: str) -> Job:
    """Queue a paused job again. Raises `QuotaExceeded` or `QueueFull`."""
    queue_position.lock_queue(tx, project)
    job = jobs.resume(tx, project, job_id)
    check_queue(tx, limits, project)
    publish_request(tx, job_id)
    notify_workers(tx)
    return job


def remove(tx: Tx, project: ProjectId, job_id: str) -> None:
    """Delete a job that has ended, with its learning curve. Raises `NotFound` or `JobUnfinished`."""
    if learning_curves.exists(tx, project, job_id):
        for removed in learning_curves.remove(tx, project, job_id):
            publish_change(tx, removed)
    jobs.remove(tx, project, job_id)
    publish_change(tx, job_id)


def retry(tx: Tx, limits: ServiceLimits, project: ProjectId, job_id: str) -> Job:
    """Queue a new job with the spec of one that has ended. Raises `QuotaExceeded` or `QueueFull`."""
    old = jobs.get_ended(tx, project, job_id)
    keep_inputs(tx, project, old)
    found = events.warnings(tx, JobId(old.id))  # while the old job ran; the new one has to find them again
    planned = [warning for warning in old.warnings if warning not in found]
    copied = {name: getattr(old, name) for name in RETRIED_COLUMNS}
    return enqueue(tx, limits, project, retry_of=old.id, warnings=planned, **copied)


def keep_inputs(tx: Tx, project: ProjectId, job: Job) -> None:
    """Let nobody delete what the job needs before `tx` ends. Raises `NotFound` for what is deleted already."""
    for dataset_id in filter(None, (job.dataset_id, job.validation_dataset_id)):
        datasets.keep(tx, project, dataset_id)
    if job.base_model_id:
        models.get(tx, project, job.base_model_id, lock="shared")
    if job.base_weights_id:
        uploaded_weights.get(tx, project, job.base_weights_id, lock="shared")
