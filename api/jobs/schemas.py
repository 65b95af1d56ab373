"""Jobs and their metrics as responses show them."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field

from api.http.schemas import View, WarningView
from service.jobs.prices import Price
from store.clock import rfc3339
from store.jobs.queue_position import QueuePosition
from store.tables import Epoch, Job

State = Literal["queued", "running", "paused", "succeeded", "failed", "canceled"]


class RangeTestView(View):
    """The result of the learning-rate range test before the first epoch. Both rates are null if the loss never fell."""

    rates: list[float] = Field(description="The learning rates tried, up to the one at which the loss diverged.")
    losses: list[float] = Field(description="The smoothed training loss at each learning rate.")
    steepest: float | None = Field(description="The learning rate at which the loss fell fastest.")
    suggested: float | None = Field(
        description="The learning rate of the training: a tenth of the one with the lowest loss."
    )


class QueueView(View):
    """The position of a queued job."""

    jobs_ahead: int = Field(description="Estimated number of jobs that start earlier.")
    starts_in_seconds: float | None = Field(
        description="Estimated seconds until the job starts. Null: unknown, or no worker is alive."
    )


class ProgressView(View):
    """The progress of a job."""

    epoch: int
    epochs: int
    fraction: float
    eta_seconds: float | None


class MetricsView(View):
    """The losses of the last epoch; of an ensemble, those of its first bag."""

    train_loss: float | None = None
    val_loss: float | None = None


class TransitionView(View):
    """A state and the time it was entered."""

    state: State
    at: str


class LinksView(View):
    """Paths of related resources."""

    self: str
    events: str
    metrics: str
    model: str | None
    weights: str | None = Field(description="The model's weights, or the last finite weights if training diverged.")


class CostView(View):
    """An amount of money, by the price at the time when the job was created."""

    amount: float
    currency: str


class JobActualView(View):
    """What a job that has ended took, in all attempts together."""

    seconds: float
    cpu_seconds: float = Field(description="Seconds of processor time, those of lost workers as far as known.")
    memory_bytes: int | None = Field(description="The peak of the job's memory. Null if it was not measured.")
    cost: CostView | None = Field(description="Null if the operator has not set a price.")

    @classmethod
    def of(cls, job: Job) -> "JobActualView | None":
        """Return the view of a stored job; None if it has not ended."""
        if job.finished_at is None:
            return None
        price = Price.of_estimate(job.estimate)
        return cls(
            seconds=round(job.ran_seconds, 3),
            cpu_seconds=round(job.cpu_seconds, 3),
            memory_bytes=job.peak_bytes,
            cost=CostView(amount=price.amount(job.cpu_seconds), currency=price.currency) if price else None,
        )


class JobView(View):
    """A training job."""

    id: str = Field(examples=["job_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"])
    name: str
    state: State
    requested: Literal["cancel", "stop", "pause"] | None = Field(
        description="An action that was requested and is not carried out yet."
    )
    dataset_id: str
    model_id: str | None
    retry_of: str | None
    learning_curve_of: str | None = Field(description="The job whose learning curve this job is a point of.")
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int
    bit_exact: bool = Field(description="Whether all of the training ran on machines that give bit-identical results.")
    stop_reason: Literal["epochs_done", "early_stopped", "user_stop", "max_runtime", "budget", "diverged"] | None
    error: dict[str, Any] | None = Field(examples=[{"code": "diverged", "detail": "…", "epoch": 1, "batch": 3}])
    queue: QueueView | None
    progress: ProgressView
    metrics: MetricsView
    best: dict[str, Any] | None = Field(
        description="The metrics of the best epoch; of an ensemble, those of its first bag. The model's evaluation has "
        "the scores of all networks together."
    )
    range_test: RangeTestView | None = Field(description="Null before the test has ended and for jobs without one.")
    estimate: dict[str, Any]
    actual: JobActualView | None = Field(description="What the job took. Null before it has ended.")
    spec: dict[str, Any] = Field(description="The request with every default filled in.")
    warnings: list[WarningView]
    transitions: list[TransitionView]
    metadata: dict[str, str]
    links: LinksView

    @classmethod
    def of(cls, job: Job, position: QueuePosition | None = None) -> "JobView":
        """Return the view of a stored job; `position` is that of a queued job."""
        queue = QueueView(**asdict(position)) if position else None
        return cls(
            id=job.id,
            name=job.name,
            state=job.state,
            requested=job.requested,
            dataset_id=job.dataset_id,
            model_id=job.model_id,
            retry_of=job.retry_of,
            learning_curve_of=job.learning_curve_of,
            created_at=rfc3339(job.created_at),
            started_at=_time(job.started_at),
            finished_at=_time(job.finished_at),
            attempt=job.attempt,
            bit_exact=job.bit_exact,
            stop_reason=job.stop_reason,
            error=job.error,
            queue=queue,
            progress=ProgressView(
                epoch=job.epoch, epochs=job.epochs, fraction=job.fraction, eta_seconds=job.eta_seconds
            ),
            metrics=MetricsView(**{name: job.metrics.get(name) for name in MetricsView.model_fields}),
            best=job.best,
            range_test=RangeTestView(**job.range_test) if job.range_test else None,
            estimate=job.estimate,
            actual=JobActualView.of(job),
            spec=job.spec,
            warnings=job.warnings,
            transitions=job.transitions,
            metadata=job.metadata_,
            links=_links(job),
        )


RequestedMetric = Annotated[
    float | None,
    Field(
        exclude_if=lambda value: value is None,
        description="Only if early stopping or the schedule uses it, or the loss is `cox`.",
    ),
]


class EpochView(View):
    """The metrics of one epoch: of an ensemble, those of its first bag, then of further ones as `bag_1_val_loss`."""

    model_config = ConfigDict(frozen=True, extra="allow")

    epoch: int
    train_loss: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    val_balanced_accuracy: RequestedMetric = None
    val_roc_auc: RequestedMetric = None
    val_f1: RequestedMetric = None
    val_log_loss: RequestedMetric = None
    val_concordance: RequestedMetric = None
    val_r2: float | None = None
    val_mae: float | None = None
    learning_rate: float | None = None
    gradient_norm: float | None = None
    seconds: float | None = None
    layers: list[dict[str, Any]] | None = Field(
        default=None,
        description="Statistics of each layer, at some epochs: sizes of gradients, weights, updates, activations, and "
        "the shares of dead and saturated units.",
    )

    @classmethod
    def of(cls, epoch: Epoch) -> "EpochView":
        """Return the view of a stored epoch."""
        return cls(epoch=epoch.epoch, **epoch.metrics)


class EpochsView(View):
    """Epochs, oldest first."""

    data: list[EpochView]


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)


def _links(job: Job) -> LinksView:
    self = f"/v1/jobs/{job.id}"
    model = f"/v1/models/{job.model_id}" if job.model_id else None
    weights = f"{model}/weights" if model else f"{self}/weights" if job.weights_blob_id else None
    return LinksView(self=self, events=f"{self}/events", metrics=f"{self}/metrics", model=model, weights=weights)
