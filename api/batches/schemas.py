"""Batches as responses show them."""

from dataclasses import asdict
from typing import Any, Literal

from pydantic import Field

from api.http.schemas import View
from store.clock import rfc3339
from store.jobs.queue_position import QueuePosition
from store.tables import Job

State = Literal["queued", "running", "succeeded", "failed", "canceled"]


class BatchQueueView(View):
    """The position of a queued batch among all jobs and batches."""

    jobs_ahead: int
    starts_in_seconds: float | None = Field(description="Null if unknown.")


class BatchProgressView(View):
    """How far a batch is."""

    rows: int = Field(description="Rows that are predicted.")
    fraction: float = Field(description="From 0 to 1.")
    eta_seconds: float | None = Field(description="Expected seconds until the end. Null if unknown.")


class BatchResultView(View):
    """The file with the predictions."""

    bytes: int
    sha256: str


class BatchTransitionView(View):
    """When a batch entered a state."""

    state: State
    at: str


class BatchActualView(View):
    """What an ended batch has used, in all attempts."""

    seconds: float
    cpu_seconds: float


class BatchLinksView(View):
    """Paths of related resources."""

    self: str
    content: str | None = Field(description="Null until the batch has succeeded.")
    model: str
    dataset: str


class BatchView(View):
    """Predictions for a whole data set."""

    id: str = Field(examples=["bat_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    name: str
    state: State
    requested: Literal["cancel"] | None = Field(description="An action that is not carried out yet.")
    model_id: str
    dataset_id: str
    format: Literal["csv", "parquet"]
    interval: float | None
    key_columns: list[str]
    columns: list[str] = Field(
        description="The columns of the result: the key columns or `row`, then the fields of a prediction, with dots.",
        examples=[["row", "label", "probabilities.no", "probabilities.yes"]],
    )
    ignored_columns: list[str] = Field(description="Columns of the data set that are not read.")
    rows: int = Field(description="Rows of the data set, each of which gets a row in the result.")
    priority: int
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int = Field(description="How many workers have started the batch.")
    error: dict[str, Any] | None = Field(examples=[{"code": "worker_lost", "detail": "…"}])
    queue: BatchQueueView | None
    progress: BatchProgressView
    result: BatchResultView | None
    actual: BatchActualView | None
    transitions: list[BatchTransitionView]
    metadata: dict[str, str]
    links: BatchLinksView

    @classmethod
    def of(cls, batch: Job, position: QueuePosition | None, result: BatchResultView | None) -> "BatchView":
        """Return the view of a stored batch; `position` is that of a queued one, `result` the file of an ended one."""
        spec = {name: value for name, value in batch.spec.items() if name in cls.model_fields}
        return cls(
            **spec,
            id=batch.id,
            name=batch.name,
            state=batch.state,
            requested=batch.requested,
            dataset_id=batch.dataset_id,
            priority=batch.priority,
            created_at=rfc3339(batch.created_at),
            started_at=_time(batch.started_at),
            finished_at=_time(batch.finished_at),
            attempt=batch.attempt,
            error=batch.error,
            queue=BatchQueueView(**asdict(position)) if position else None,
            progress=_progress(batch),
            result=result,
            actual=_actual(batch),
            transitions=batch.transitions,
            metadata=batch.metadata_,
            links=_links(batch),
        )


def _progress(batch: Job) -> BatchProgressView:
    rows = batch.metrics.get("rows", 0)
    return BatchProgressView(rows=rows, fraction=batch.fraction, eta_seconds=batch.eta_seconds)


def _actual(batch: Job) -> BatchActualView | None:
    if batch.finished_at is None or batch.started_at is None:
        return None
    return BatchActualView(seconds=batch.ran_seconds, cpu_seconds=batch.cpu_seconds)


def _links(batch: Job) -> BatchLinksView:
    self = f"/v1/batches/{batch.id}"
    return BatchLinksView(
        self=self,
        content=f"{self}/content" if batch.result_blob_id else None,
        model=f"/v1/models/{batch.base_model_id}",
        dataset=f"/v1/datasets/{batch.dataset_id}",
    )


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
