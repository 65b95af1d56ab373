"""Turn a request for a batch into a queued one: load the model, match the columns, insert."""

from dataclasses import dataclass
from typing import Any

from service.batches.batch_request import BatchRequest
from service.jobs.submission import enqueue
from service.limits import ServiceLimits
from service.predictions.loaded_models import LoadedModels
from service.quotas import check_room
from store.artifacts import datasets, models
from store.db.database import Sessions
from store.db.transaction import Tx, snapshot
from store.ids import ProjectId
from store.tables import Job
from tabular.batches.dataset_answers import AnswerRequest, DatasetAnswers
from tabular.profile import Profile

ROW_SECONDS = 4e-6  # to read a row and write its answer; measured, see benchmarks/batches.py
FLOP_SECONDS = 1e-10  # of the networks


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedBatch:
    """What a request resolves to: what the worker needs to know, and how long it may take."""

    request: BatchRequest
    model_id: str
    name: str
    spec: dict[str, Any]
    expected_seconds: float


def resolve(
    sessions: Sessions, loaded_models: LoadedModels, project: ProjectId, model_id: str, request: BatchRequest
) -> ResolvedBatch:
    """Match the columns of data set and model.

    Raises:
        NotFound: the project has no such model or data set.
        InvalidPlan: the model cannot answer the rows as requested; all reasons are listed.
    """
    with snapshot(sessions) as tx:
        model_name = models.get(tx, project, model_id).name
        dataset = datasets.get(tx, project, request.dataset_id)
    model = loaded_models.get(project, model_id)
    profile = Profile.from_json({"rows": dataset.rows, "columns": dataset.columns})
    wanted = AnswerRequest(keys=request.key_columns, interval=request.interval)
    answers = DatasetAnswers.plan(model, profile, wanted)
    spec = {
        "model_id": model_id,
        "rows": dataset.rows,
        "format": request.format,
        "interval": request.interval,
        "key_columns": list(request.key_columns),
        "columns": list(answers.names),
        "ignored_columns": answers.ignored(profile),
    }
    return ResolvedBatch(
        request=request,
        model_id=model_id,
        name=f"{model_name} on {dataset.name}",
        spec=spec,
        expected_seconds=round(dataset.rows * (ROW_SECONDS + model.flops * FLOP_SECONDS), 3),
    )


def submit(tx: Tx, limits: ServiceLimits, project: ProjectId, resolved: ResolvedBatch) -> Job:
    """Queue a batch.

    Raises:
        NotFound: model or data set were deleted meanwhile.
        QuotaExceeded: the project stores or queues as much as it may.
        QueueFull: the service queues as much as it may.
    """
    request = resolved.request
    check_room(tx, limits, project)
    datasets.keep(tx, project, request.dataset_id)
    models.get(tx, project, resolved.model_id, lock="shared")
    return enqueue(
        tx,
        limits,
        project,
        "batch",
        dataset_id=request.dataset_id,
        base_model_id=resolved.model_id,
        name=resolved.name,
        priority=request.priority,
        spec=resolved.spec,
        estimate={},
        expected_seconds=resolved.expected_seconds,
        epochs=0,
        metadata_=dict(request.metadata),
    )
