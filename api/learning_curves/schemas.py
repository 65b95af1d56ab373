"""Learning curves as responses show them."""

from dataclasses import asdict
from typing import Literal

from pydantic import Field

from api.http.schemas import View
from service.learning_curves.curve import LearningCurveNow
from service.learning_curves.words import MoreData, more_data, summary
from store.clock import rfc3339
from tabular.evaluation.power_law import Estimate

JobState = Literal["queued", "running", "paused", "succeeded", "failed", "canceled"]


class CurveProgressView(View):
    """How many jobs on parts of the rows have ended."""

    jobs: int
    ended: int


class CurvePointView(View):
    """One job of the curve."""

    job_id: str
    rows: int = Field(description="Training rows.")
    fraction: float = Field(description="Part of the job's training rows; 1 for the job itself.")
    sample: int | None = Field(description="The number of the sample among those of its size. Null: all rows.")
    state: JobState
    score: float | None = Field(description="On the same rows as all other jobs of the curve.")
    cpu_seconds: float


class ScoreView(View):
    """A score, and the interval that contains the score of such a job in 90 % of the cases."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: Estimate) -> "ScoreView":
        """Return the view of an estimate."""
        return cls(**asdict(estimate))


class CurveForecastView(View):
    """What a job with more rows would reach and cost."""

    factor: int = Field(description="Times as many rows as the job has.")
    rows: int
    score: ScoreView
    cpu_seconds: float


class CurveFitView(View):
    """A power law: error = limit + coefficient * rows ^ -exponent; the error is 1 - score if higher is better."""

    limit: float = Field(description="The error that more rows cannot reduce.")
    coefficient: float
    exponent: float


class DrawnPointView(View):
    """A point of the fitted curve."""

    rows: int
    score: ScoreView


class LearningCurveView(View):
    """Whether more data would help, as far as is known now."""

    job_id: str
    state: Literal["running", "ended"]
    created_at: str
    metric: str
    higher_is_better: bool
    progress: CurveProgressView
    points: list[CurvePointView] = Field(description="The job itself first, then the parts from small to large.")
    fit: CurveFitView | None = Field(description="Null until jobs of three sizes have scores.")
    now: ScoreView | None = Field(description="The mean score of jobs with all rows, by the fitted curve.")
    forecasts: list[CurveForecastView] = Field(description="For twice and ten times the rows.")
    curve: list[DrawnPointView] = Field(description="The fitted curve, to draw.")
    more_data: MoreData | None = Field(
        description="Whether twice the rows would reduce the error by 5 % or more. `unclear`: chance hides it."
    )
    summary: str = Field(description="The answer in words.")
    cpu_seconds: float = Field(description="What the jobs on parts of the rows have used so far.")

    @classmethod
    def of(cls, curve: LearningCurveNow) -> "LearningCurveView":
        """Return the view of a curve."""
        found = curve.extrapolation
        return cls(
            job_id=curve.job_id,
            state="ended" if curve.has_ended else "running",
            created_at=rfc3339(curve.created_at),
            metric=curve.metric.name,
            higher_is_better=curve.metric.higher_is_better,
            progress=CurveProgressView(jobs=len(curve.parts), ended=curve.ended),
            points=[CurvePointView(**asdict(point)) for point in curve.points],
            fit=CurveFitView(**asdict(found.fit)) if found else None,
            now=ScoreView.of(found.now) if found else None,
            forecasts=[
                CurveForecastView(
                    factor=each.factor, rows=each.rows, score=ScoreView.of(each.score), cpu_seconds=each.cpu_seconds
                )
                for each in (found.forecasts if found else ())
            ],
            curve=[
                DrawnPointView(rows=each.rows, score=ScoreView.of(each.score))
                for each in (found.curve if found else ())
            ],
            more_data=more_data(found),
            summary=summary(curve),
            cpu_seconds=round(sum(point.cpu_seconds for point in curve.parts), 3),
        )
