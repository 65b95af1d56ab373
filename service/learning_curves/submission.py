"""Start the learning curve of a job: check the request, plan its jobs, queue all of them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.errors import PointedProblem
from engine.spec import SampleSpec
from service.jobs.actions import RETRIED_COLUMNS, keep_inputs
from service.jobs.estimates import estimate_needs, with_seconds
from service.jobs.prices import Price
from service.jobs.submission import enqueue
from service.learning_curves.learning_curve_request import MIN_FRACTIONS, LearningCurveRequest
from service.learning_curves.metrics import metrics_of
from service.limits import ServiceLimits
from store import learning_curves
from store.db.transaction import Tx
from store.ids import ProjectId
from store.jobs import durations, jobs
from store.tables import Job
from tabular.errors import InvalidPlan
from tabular.planning.plan import Plan
from tabular.planning.serialization import SPEC_ONLY, from_spec, to_spec
from tabular.planning.validation.sample import plan_sample

MIN_ROWS = 20  # of a sample
LOWEST, HIGHEST, SIZES = 1 / 16, 1 / 2, 4  # of the default fractions
NAME_CHARACTERS = 160  # of the job's name, in the names of its curve's jobs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sizes:
    """The training rows of the job, and the parts of them that its curve has."""

    rows: int
    fractions: tuple[float, ...]

    @classmethod
    def of(cls, plan: Plan, request: LearningCurveRequest) -> "_Sizes":
        rows = plan.training_rows
        lowest = max(LOWEST, MIN_ROWS / max(rows, 1))
        steps = [lowest * (HIGHEST / lowest) ** (step / (SIZES - 1)) for step in range(SIZES)]
        return cls(rows=rows, fractions=request.fractions or tuple(round(each, 6) for each in steps))


def start(tx: Tx, limits: ServiceLimits, project: ProjectId, job_id: str, request: LearningCurveRequest) -> None:
    """Queue the jobs of a new learning curve.

    Raises:
        NotFound: the project has no such job, or its data set was deleted.
        InvalidPlan: the job or its number of rows does not allow such a curve; lists all problems.
        LearningCurveExists: the job has one.
        QuotaExceeded, QueueFull: so many jobs do not fit into the queue.
    """
    job = jobs.get(tx, project, job_id)
    plan = from_spec(job.spec)
    sizes = _Sizes.of(plan, request)
    if problems := list(_problems(plan, sizes, request)):
        raise InvalidPlan(problems)
    learning_curves.create(tx, project, job_id, request.metric or metrics_of(plan)[0])
    keep_inputs(tx, project, job)
    runs = durations.recent_runs(tx)
    for fraction in sizes.fractions:
        for seed in range(1, request.samples + 1):
            sampled = plan_sample(plan, SampleSpec(fraction=fraction, seed=seed))
            estimate = with_seconds(estimate_needs(limits, sampled), runs, Price.of_estimate(job.estimate))
            columns = _columns(job, sampled) | {"estimate": estimate}
            columns["expected_seconds"] = (estimate["seconds"] or {}).get("seconds")
            if request.priority is not None:
                columns["priority"] = request.priority
                columns["spec"]["priority"] = request.priority
            enqueue(tx, limits, project, **columns)


def _problems(plan: Plan, sizes: _Sizes, request: LearningCurveRequest) -> Iterator[PointedProblem]:
    if not plan.training.validation.validates or not plan.training.epochs:
        detail = "The job has no rows that evaluate it, or no epochs. Train one with `validation` rows first."
        yield PointedProblem(pointer="", detail=detail)
    if plan.training.sample is not None:
        detail = "The job itself learns from a sample of the rows. Ask for the curve of a job that has all rows."
        yield PointedProblem(pointer="", detail=detail)
    if request.metric and request.metric not in metrics_of(plan):
        names = ", ".join(f"`{name}`" for name in metrics_of(plan))
        yield PointedProblem(pointer="/metric", detail=f"The evaluation of this job has {names}. Choose one of them.")
    least = min(sizes.fractions) * sizes.rows
    if request.fractions and least < MIN_ROWS:
        detail = f"{min(sizes.fractions):g} of {sizes.rows:,} training rows are too few. Start from {MIN_ROWS} rows."
        yield PointedProblem(pointer="/fractions/0", detail=detail)
    elif sizes.rows * HIGHEST < MIN_ROWS * MIN_FRACTIONS:
        needed = math.ceil(MIN_ROWS * MIN_FRACTIONS / HIGHEST)
        detail = f"A learning curve needs at least {needed} training rows, and the job has {sizes.rows}."
        yield PointedProblem(pointer="", detail=detail)


def _columns(job: Job, sampled: Plan) -> dict[str, Any]:
    """Return the columns of a job that learns from a sample: those of the curve's job but for the planned sample."""
    sample = sampled.training.sample
    share = f"{sample.fraction:.3g} of the rows, sample {sample.seed}" if sample else ""
    requested = {name: job.spec[name] for name in SPEC_ONLY if name in job.spec and name != "model"}
    copied = {name: getattr(job, name) for name in RETRIED_COLUMNS}
    return {
        **copied,
        "name": f"{job.name[:NAME_CHARACTERS]}: {share}",
        "spec": requested | to_spec(sampled),
        "epochs": sampled.training.epochs,
        "learning_curve_of": job.id,
    }
