"""Turn a job request into a queued job: load its data set and base model, plan, estimate, insert."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pydantic import ValidationError
from structlog.contextvars import get_contextvars

from engine.errors import PointedProblem
from messaging.notifications import notify_workers
from service import tracing
from service.jobs.budgets import budget_problems
from service.jobs.estimates import estimate_needs, with_seconds
from service.jobs.init_from import base_columns, load_initialization, lock_base
from service.jobs.job_request import JobRequest
from service.jobs.planned_jobs import PlannedJob, PlannedJobs, key_of
from service.jobs.prices import Price
from service.jobs.processes import check_processes
from service.limits import ServiceLimits
from service.quotas import check_queue
from store.artifacts import datasets
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.errors import NotFound
from store.ids import Kind, ProjectId
from store.jobs import durations, jobs, queue_position
from store.tables import Dataset, Job
from tabular.errors import InvalidPlan
from tabular.planning.initialization import Initialization
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.planning.serialization import to_spec
from tabular.profile import Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedJob:
    """What a request resolves to: the spec with all defaults, what it needs, and the warnings of planning."""

    request: JobRequest
    name: str
    epochs: int
    spec: dict[str, Any]
    estimate: dict[str, Any]
    warnings: list[dict[str, Any]]


def resolve(
    sessions: Sessions, limits: ServiceLimits, plans: PlannedJobs, project: ProjectId, request: JobRequest
) -> ResolvedJob:
    """Plan a job outside of any transaction: it can take long. Raises `NotFound`, `InvalidPlan` or `JobTooLarge`."""
    key = key_of(project, request)
    kept, is_fresh = plans.find(key)
    if kept and is_fresh:
        return _resolved(request, kept.planned, kept.runs, plans.price)
    with snapshot(sessions) as tx:
        inputs = _load_inputs(tx, project, request)
        runs = durations.recent_runs(tx)
    planned = kept.planned if kept else _planned(limits, inputs, request)
    plans.keep(key, planned, runs)
    return _resolved(request, planned, runs, plans.price)


def submit(tx: Tx, limits: ServiceLimits, project: ProjectId, resolved: ResolvedJob) -> Job:
    """Queue a planned job. Raises `NotFound` if what it needs was deleted meanwhile, `QuotaExceeded` or `QueueFull`."""
    request = resolved.request
    datasets.keep(tx, project, request.dataset_id)
    if request.validation_dataset_id:
        datasets.keep(tx, project, request.validation_dataset_id)
    lock_base(tx, project, request.init_from)
    return enqueue(
        tx,
        limits,
        project,
        dataset_id=request.dataset_id,
        validation_dataset_id=request.validation_dataset_id,
        **base_columns(request.init_from),
        name=resolved.name,
        priority=request.priority,
        processes=resolved.spec["training"].get("processes") or 1,
        spec=resolved.spec,
        estimate=resolved.estimate,
        expected_seconds=(resolved.estimate["seconds"] or {}).get("seconds"),
        warnings=resolved.warnings,
        epochs=resolved.epochs,
        metadata_=dict(request.metadata),
    )


def find_plan_problems(sessions: Sessions, project: ProjectId, fields: dict[str, Any]) -> list[PointedProblem]:
    """Plan with the valid `fields` of an invalid request; return what planning finds wrong, as far as it can."""
    try:
        request = JobRequest.model_validate(fields)
        with snapshot(sessions) as tx:
            inputs = _load_inputs(tx, project, request)
        _plan(inputs, request)
    except InvalidPlan as error:
        return list(error.problems)
    except (ValidationError, NotFound):
        pass  # planning needs at least a data set and a target
    return []


def enqueue(tx: Tx, limits: ServiceLimits, project: ProjectId, kind: Kind = "job", **columns: Any) -> Job:
    """Insert a queued job or batch and notify a worker after the commit. Raises `QuotaExceeded` or `QueueFull`."""
    queue_position.lock_queue(tx, project)
    origin = {"request_id": get_contextvars().get("request_id"), "traceparent": tracing.traceparent()}
    with tracing.span("insert job"):
        job = jobs.create(tx, project, kind, **origin, **columns)
    check_queue(tx, limits, project)
    notify_workers(tx)
    return job


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    """What a request names: its data set, the data set of its validation rows, and what to start from."""

    dataset: Dataset
    validation: Dataset | None
    initialization: Initialization | None


def _load_inputs(tx: Tx, project: ProjectId, request: JobRequest) -> _Inputs:
    """Load what the request names. Raises `NotFound`."""
    other = request.validation_dataset_id
    return _Inputs(
        dataset=datasets.get(tx, project, request.dataset_id),
        validation=datasets.get(tx, project, other) if other else None,
        initialization=load_initialization(tx, project, request.init_from),
    )


def _planned(limits: ServiceLimits, inputs: _Inputs, request: JobRequest) -> PlannedJob:
    with tracing.span("plan job"):
        planned = _plan(inputs, request)
    return PlannedJob(
        dataset_name=inputs.dataset.name,
        epochs=planned.training.epochs,
        spec=to_spec(planned),
        needs=estimate_needs(limits, planned),
        warnings=[asdict(warning) for warning in planned.warnings],
    )


def _resolved(
    request: JobRequest, planned: PlannedJob, runs: Sequence[durations.CompletedRun], price: Price | None
) -> ResolvedJob:
    requested = {
        "dataset_id": request.dataset_id,
        "priority": request.priority,
        "metadata": dict(request.metadata),
        "budget": request.budget.model_dump() if request.budget else None,
    }
    estimate = with_seconds(planned.needs, runs, price)
    if problems := budget_problems(request.budget, price):
        raise InvalidPlan(problems)
    return ResolvedJob(
        request=request,
        name=request.name or _default_name(planned.dataset_name, request),
        epochs=planned.epochs,
        spec=requested | planned.spec,
        estimate=estimate,
        warnings=planned.warnings,
    )


def _plan(inputs: _Inputs, request: JobRequest) -> Plan:
    plan_request = PlanRequest(
        target=request.target,
        features=request.features,
        task=request.task,
        model=request.model,
        training=request.training.to_spec(),
        sample_weight=request.sample_weight,
        exposure=request.exposure,
        censored=request.censored,
        preset=request.preset,
        sequence=request.sequence,
        ensemble=request.ensemble if "ensemble" in request.model_fields_set else "default",
        initialization=inputs.initialization,
        validation_profile=_profile(inputs.validation) if inputs.validation else None,
    )
    planned = plan(_profile(inputs.dataset), plan_request)
    check_processes(planned)
    return planned


def _profile(dataset: Dataset) -> Profile:
    return Profile.from_json({"rows": dataset.rows, "columns": dataset.columns, "warnings": dataset.warnings})


def _default_name(dataset_name: str, request: JobRequest) -> str:
    targets = (request.target,) if isinstance(request.target, str) else request.target
    return f"{dataset_name}: {', '.join(targets)}"
