"""Learning curves: a job has at most one. Its points are the job and further jobs, which learn from parts of the rows.

A curve has no state of its own. What it says is a function of its jobs, so nothing has to be moved on when they end.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select

from store.db.transaction import Tx
from store.errors import JobUnfinished, LearningCurveExists, NotFound
from store.ids import JobId, ProjectId, is_id
from store.jobs import jobs
from store.jobs.states import TERMINAL, UNFINISHED
from store.tables import Job, LearningCurve, Model


def create(tx: Tx, project: ProjectId, job_id: str, metric: str) -> LearningCurve:
    """Insert the curve of a job, whose row stays locked until `tx` ends. Raises `NotFound` or `LearningCurveExists`."""
    jobs.get(tx, project, job_id, lock="exclusive")
    if tx.get(LearningCurve, job_id) is not None:
        raise LearningCurveExists(f"Job {job_id} already has a learning curve. Delete it to start another one.")
    curve = LearningCurve(job_id=job_id, project_id=project, metric=metric)
    tx.add(curve)
    tx.flush()
    tx.refresh(curve)
    return curve


def get(tx: Tx, project: ProjectId, job_id: str) -> LearningCurve:
    """The learning curve of the project's job. Raises `NotFound`."""
    jobs.get(tx, project, job_id)
    curve = tx.get(LearningCurve, job_id)
    if curve is None:
        path = f"/v1/jobs/{job_id}/learning-curve"
        raise NotFound(f"Job {job_id} has no learning curve. POST {path} starts one.")
    return curve


def exists(tx: Tx, project: ProjectId, job_id: str) -> bool:
    """Whether the project's job has a learning curve."""
    curve = tx.get(LearningCurve, job_id) if is_id(job_id) else None
    return curve is not None and curve.project_id == project


def jobs_of(tx: Tx, job_id: str) -> list[Job]:
    """The jobs that are points of the curve of a job, without that job itself, in the order of their creation."""
    return list(tx.scalars(select(Job).where(Job.learning_curve_of == job_id).order_by(Job.id)))


def evaluations(tx: Tx, job_ids: Sequence[str]) -> dict[JobId, dict[str, Any]]:
    """The evaluations of the models of these jobs."""
    rows = tx.execute(select(Model.job_id, Model.evaluation).where(Model.job_id.in_(job_ids)))
    return {JobId(row.job_id): row.evaluation for row in rows if row.evaluation is not None}


def cancel(tx: Tx, project: ProjectId, job_id: str) -> list[Job]:
    """Cancel the jobs of the curve that have not ended, and return them. Raises `NotFound`."""
    get(tx, project, job_id)
    return [jobs.cancel(tx, project, job.id) for job in jobs_of(tx, job_id) if job.state in UNFINISHED]


def remove(tx: Tx, project: ProjectId, job_id: str) -> list[str]:
    """Delete a curve with its jobs and their models, and return the ids of these jobs.

    Raises `NotFound`, `JobUnfinished` or `ModelInUse`.
    """
    get(tx, project, job_id)
    points = jobs_of(tx, job_id)
    if running := sum(job.state not in TERMINAL for job in points):
        advice = "Cancel the learning curve, or wait until it has ended."
        raise JobUnfinished(f"{running} jobs of the learning curve of job {job_id} have not ended. {advice}")
    for job in points:
        jobs.remove(tx, project, job.id)
    tx.execute(delete(LearningCurve).where(LearningCurve.job_id == job_id))
    return [job.id for job in points]
