"""From a job as it is asked for to a job that is queued: resolved against its data set, and within the limits."""

from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from api.http.errors import OverTheLimit, QuotaExceeded, Unavailable
from api.http.json_pointers import InvalidField
from api.jobs.job_response import show
from engine.cost import estimate_cost
from service.bootstrap import Services
from service.initialization import base_columns, load_initialization
from service.job_request import JobRequest
from service.limits import ApiSettings
from store.accounts.idempotency import Answer
from store.artifacts import datasets, models, uploaded_weights
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.errors import NotFound
from store.ids import JobId, ProjectId
from store.jobs import durations, events, jobs, queue_position
from store.tables import Dataset, Job
from tabular.errors import InvalidPlan
from tabular.planning.initialization import Initialization
from tabular.planning.network import build_without_memory
from tabular.planning.plan import Plan
from tabular.planning.planner import plan
from tabular.planning.request import PlanRequest
from tabular.planning.serialization import to_spec
from tabular.profile import Profile

RETRY_SECONDS = 30
SAME = (  # what a job that is tried again has of the old one
    "dataset_id",
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


def create(limits: ApiSettings, project: ProjectId, body: JobRequest, tx: Tx) -> Answer:
    """Insert the job and answer with it; raises `InvalidPlan`, or `OverTheLimit`."""
    dataset = datasets.get(tx, project, body.dataset_id, lock="shared")
    base = load_initialization(tx, project, body.init_from, lock="shared")
    resolved = plan(_profile(dataset), _plan_request(body, base))
    estimate = _estimate(tx, resolved, limits)
    return _queued(
        limits,
        project,
        tx,
        dataset_id=dataset.id,
        **base_columns(body.init_from),
        name=body.name or f"{dataset.name}: {body.target if isinstance(body.target, str) else ', '.join(body.target)}",
        priority=body.priority,
        spec=_spec(body, resolved),
        estimate=estimate,
        expected_seconds=estimate["seconds"]["seconds"] if estimate["seconds"] else None,
        warnings=[asdict(warning) for warning in resolved.warnings],
        epochs=resolved.training.epochs,
        metadata_=dict(body.metadata),
    )


def retry(limits: ApiSettings, project: ProjectId, job_id: str, tx: Tx) -> Answer:
    """Insert a new job with the spec of one that has ended, and answer with it."""
    old = jobs.get_ended(tx, project, job_id)
    datasets.get(tx, project, old.dataset_id, lock="shared")
    if old.base_model_id:
        models.get(tx, project, old.base_model_id, lock="shared")
    if old.base_weights_id:
        uploaded_weights.get(tx, project, old.base_weights_id, lock="shared")
    found = events.warnings(tx, JobId(old.id))  # by the old run, which the new one has to find for itself
    told = [warning for warning in old.warnings if warning not in found]
    return _queued(limits, project, tx, retry_of=old.id, warnings=told, **{name: getattr(old, name) for name in SAME})


def resume(limits: ApiSettings, project: ProjectId, job_id: str, tx: Tx) -> Job:
    """Queue a paused job again, if there is room for it."""
    queue_position.lock_queue(tx, project)
    job = jobs.resume(tx, project, job_id)
    _check_queue(tx, limits, project)
    return job


def _queued(limits: ApiSettings, project: ProjectId, tx: Tx, **columns: Any) -> Answer:
    queue_position.lock_queue(tx, project)
    job = jobs.create(tx, project, **columns)
    _check_queue(tx, limits, project)
    return show(tx, job).created()


def _check_queue(tx: Tx, limits: ApiSettings, project: ProjectId) -> None:
    """See that the queue has not become too long by what this transaction queued, which else is undone."""
    if queue_position.count_queued(tx, project, at_most=limits.max_project_queued + 1) > limits.max_project_queued:
        detail = f"{limits.max_project_queued:,} jobs of this project are waiting, which is as many as may."
        raise QuotaExceeded(detail, name="queued", quota=limits.max_project_queued, retry_seconds=RETRY_SECONDS)
    if queue_position.count_queued(tx, at_most=limits.max_queued + 1) > limits.max_queued:
        detail = f"{limits.max_queued:,} jobs are waiting, which is as many as this service queues."
        raise Unavailable(detail, headers={"Retry-After": str(RETRY_SECONDS)})


def preview(services: Services, project: ProjectId, body: JobRequest) -> dict[str, Any]:
    """What `create` would queue."""
    with snapshot(services.sessions) as tx:
        base = load_initialization(tx, project, body.init_from)
        resolved = plan(_profile(datasets.get(tx, project, body.dataset_id)), _plan_request(body, base))
        estimate = _estimate(tx, resolved, services.limits)
    warnings = [asdict(warning) for warning in resolved.warnings]
    return {
        "valid": True,
        "spec": _spec(body, resolved),
        "estimate": estimate,
        "warnings": warnings,
    }


def further_problems(sessions: Sessions, project: ProjectId, rest: dict[str, Any]) -> list[InvalidField]:
    """What is wrong with the valid rest of a body, as far as it says what to plan."""
    try:
        body = JobRequest.model_validate(rest)
        with snapshot(sessions) as tx:
            dataset = datasets.get(tx, project, body.dataset_id)
            base = load_initialization(tx, project, body.init_from)
            plan(_profile(dataset), _plan_request(body, base))
    except InvalidPlan as error:
        return [InvalidField(pointer=problem.pointer, detail=problem.detail) for problem in error.problems]
    except (ValidationError, NotFound):
        pass  # there is nothing to plan with
    return []


def _profile(dataset: Dataset) -> Profile:
    return Profile.from_json({"rows": dataset.rows, "columns": dataset.columns, "warnings": dataset.warnings})


def _plan_request(body: JobRequest, base: Initialization | None) -> PlanRequest:
    return PlanRequest(
        target=body.target,
        features=body.features,
        task=body.task,
        model=body.model,
        training=body.training.to_spec(),
        sample_weight=body.sample_weight,
        initialization=base,
    )


def _spec(body: JobRequest, resolved: Plan) -> dict[str, Any]:
    asked = {"dataset_id": body.dataset_id, "priority": body.priority, "metadata": dict(body.metadata)}
    return asked | to_spec(resolved)


def _estimate(tx: Tx, resolved: Plan, limits: ApiSettings) -> dict[str, Any]:
    cost = estimate_cost(build_without_memory(resolved), resolved.training)
    rows = resolved.training_rows * resolved.training.epochs + _tested_rows(resolved)
    _check("parameters", cost.parameters, limits.max_parameters)
    memory = cost.bytes + _data_bytes(resolved)
    _check("bytes of memory", memory, limits.max_job_bytes)
    flops = rows * (cost.flops_forward + cost.flops_backward)
    duration = durations.estimate_duration(durations.recent_runs(tx), flops)
    return {
        "parameters": cost.parameters,
        "flops": flops,
        "memory_bytes": memory,
        "seconds": asdict(duration) if duration else None,
    }


def _tested_rows(resolved: Plan) -> int:
    """The rows that the range test goes through, at most."""
    test, rows = resolved.training.range_test, resolved.training_rows
    return test.steps * min(resolved.training.batch_size, rows) if test else 0


def _data_bytes(resolved: Plan) -> int:
    """What the rows take: the columns as they are read (values and masks), and the network's inputs."""
    width = {"float32": 4, "float64": 8}[resolved.training.precision]
    columns = len(resolved.features) + len(resolved.parts) + (resolved.sample_weight is not None)
    return resolved.rows * (resolved.inputs_at_most * width + columns * (8 + 1))


def _check(what: str, value: int, most: int) -> None:
    if value > most:
        problem = {
            "pointer": "/model/layers",
            "detail": f"This network needs {value:,} {what}; at most {most:,} are allowed.",
        }
        raise OverTheLimit("The network is larger than is allowed here.", errors=[problem])
