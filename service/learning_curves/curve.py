"""The learning curve of a job as it is now: its points, the power law through them, and what it says of more rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from service.learning_curves.metrics import CurveMetric
from store import learning_curves
from store.db.transaction import Tx
from store.ids import JobId, ProjectId
from store.jobs import jobs
from store.jobs.states import TERMINAL
from store.tables import Job
from tabular.evaluation.power_law import Estimate, PowerLaw, fit_power_law

FACTORS = (2, 10)  # times as many rows
DRAWN_POINTS = 24  # of the curve


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One job. `score`: None if it has none (yet). The first point is the job whose curve it is: it has all rows."""

    job_id: str
    rows: int
    fraction: float
    sample: int | None
    state: str
    score: float | None
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The score of a job with `factor` times the training rows, and what it would cost."""

    factor: int
    rows: int
    score: Estimate
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """A power law: error(rows) = limit + coefficient * rows ^ -exponent; medians of the posterior."""

    limit: float
    coefficient: float
    exponent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnPoint:
    """A point of the curve itself, and the interval for the scores of single jobs there."""

    rows: int
    score: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Extrapolation:
    """What the fitted curve says. `now`: the mean score with all rows. `reduction`: of the error, by twice the rows."""

    fit: Fit
    now: Estimate
    reduction: Estimate
    error: float
    forecasts: tuple[Forecast, ...]
    curve: tuple[DrawnPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningCurveNow:
    """A learning curve as it is now. `extrapolation`: None as long as there are too few scores."""

    job_id: str
    created_at: int
    metric: CurveMetric
    points: tuple[CurvePoint, ...]
    extrapolation: Extrapolation | None

    @property
    def parts(self) -> tuple[CurvePoint, ...]:
        """The points that learn from parts of the rows."""
        return self.points[1:]

    @property
    def ended(self) -> int:
        """How many of these have ended."""
        return sum(point.state in TERMINAL for point in self.parts)

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will change."""
        return all(point.state in TERMINAL for point in self.points)


def read_curve(tx: Tx, project: ProjectId, job_id: str) -> LearningCurveNow:
    """Return the learning curve of the project's job. Raises `NotFound`."""
    stored = learning_curves.get(tx, project, job_id)
    metric = CurveMetric(name=stored.metric)
    all_jobs = [jobs.get(tx, project, job_id), *learning_curves.jobs_of(tx, job_id)]
    evaluations = learning_curves.evaluations(tx, [job.id for job in all_jobs])
    points = tuple(_point(job, metric, evaluations.get(JobId(job.id), {})) for job in all_jobs)
    evaluated_rows = max((int(found["rows"]) for found in evaluations.values()), default=1)
    return LearningCurveNow(
        job_id=job_id,
        created_at=stored.created_at,
        metric=metric,
        points=points,
        extrapolation=_extrapolate(metric, points, evaluated_rows),
    )


def _point(job: Job, metric: CurveMetric, evaluation: dict[str, Any]) -> CurvePoint:
    sample = job.spec["training"].get("sample") or {}
    return CurvePoint(
        job_id=job.id,
        rows=job.spec["training_rows"],
        fraction=sample.get("fraction", 1.0),
        sample=sample.get("seed"),
        state=job.state,
        score=evaluation.get(metric.name),
        cpu_seconds=job.cpu_seconds,
    )


def _extrapolate(metric: CurveMetric, points: Sequence[CurvePoint], evaluated_rows: int) -> Extrapolation | None:
    scored = [(point, metric.convert(point.score)) for point in points if point.score is not None]
    if not scored:
        return None
    errors = [error for _, error in scored]
    law = fit_power_law([point.rows for point, _ in scored], errors, metric.resolution(errors, evaluated_rows))
    if law is None:
        return None
    rows = points[0].rows
    factors = [(factor, rows * factor) for factor in FACTORS]
    return Extrapolation(
        fit=_fit(law),
        now=metric.score(law.mean_error(rows)),
        reduction=law.reduction(rows, 2 * rows),
        error=law.mean_error(rows).value,
        forecasts=tuple(
            Forecast(
                factor=factor,
                rows=more,
                score=metric.score(law.next_error(more)),
                cpu_seconds=_cpu_seconds([point for point, _ in scored], more),
            )
            for factor, more in factors
        ),
        curve=tuple(_draw(metric, law, min(point.rows for point, _ in scored), factors[-1][1])),
    )


def _fit(law: PowerLaw) -> Fit:
    a, b, c = (float(np.median(draws)) for draws in (law.a, law.b, law.c))
    return Fit(limit=a, coefficient=b * law.unit**c, exponent=c)


def _draw(metric: CurveMetric, law: PowerLaw, least: int, most: int) -> list[DrawnPoint]:
    sizes = np.unique(np.round(np.geomspace(least, most, DRAWN_POINTS)).astype(int))
    return [DrawnPoint(rows=int(each), score=metric.score(law.next_error(float(each)))) for each in sizes]


def _cpu_seconds(points: Sequence[CurvePoint], rows: int) -> float:
    """Return the expected CPU seconds of a job with so many rows: a part that is fixed, and one for each row."""
    sizes, seconds = np.array([[point.rows, point.cpu_seconds] for point in points], dtype=float).T
    each, fixed = np.polyfit(sizes, seconds, 1)
    if each <= 0:
        return float(seconds.max())
    return round(float(max(fixed + each * rows, seconds.max())), 3)
