"""What the service answers: jobs."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any, ClassVar, Literal

from backprop_client.record import Record
from backprop_client.types.shared import ServiceWarning


class Cost(Record):
    """An amount of money, by the price at the time when the job was created."""

    __slots__ = ()
    amount: float
    currency: str


class CurveFit(Record):
    """A power law: error = limit + coefficient * rows ^ -exponent; the error is 1 - score if higher is better."""

    __slots__ = ()
    limit: float
    """The error that more rows cannot reduce."""
    coefficient: float
    exponent: float


class CurveForecast(Record):
    """What a job with more rows would reach and cost."""

    __slots__ = ()
    factor: int
    """Times as many rows as the job has."""
    rows: int
    score: Score
    cpu_seconds: float


class CurvePoint(Record):
    """One job of the curve."""

    __slots__ = ()
    job_id: str
    rows: int
    """Training rows."""
    fraction: float
    """Part of the job's training rows; 1 for the job itself."""
    sample: int | None
    """The number of the sample among those of its size. Null: all rows."""
    state: Literal["queued", "running", "paused", "succeeded", "failed", "canceled"]
    score: float | None
    """On the same rows as all other jobs of the curve."""
    cpu_seconds: float


class CurveProgress(Record):
    """How many jobs on parts of the rows have ended."""

    __slots__ = ()
    jobs: int
    ended: int


class DeletionFilters(Record):
    """The filters of a deletion."""

    __slots__ = ()
    state: Literal["succeeded", "failed", "canceled"] | None
    created_after: str | None
    created_before: str | None
    metadata: dict[str, str]


class Deletion(Record):
    """A deletion of many jobs, and how far it is."""

    __slots__ = ()
    id: str
    state: Literal["queued", "running", "succeeded"]
    filters: DeletionFilters
    deleted: int
    """How many jobs are erased by now."""
    kept: int
    """How many jobs stay because an unfinished job starts from their models."""
    created_at: str
    started_at: str | None
    finished_at: str | None


class DrawnPoint(Record):
    """A point of the fitted curve."""

    __slots__ = ()
    rows: int
    score: Score


class Epoch(Record):
    """The metrics of one epoch: of an ensemble, those of its first bag, then of further ones as `bag_1_val_loss`."""

    __slots__ = ()
    epoch: int
    train_loss: float | None
    val_loss: float | None
    val_accuracy: float | None
    val_balanced_accuracy: float | None
    """Only if early stopping or the schedule uses it, or the loss is `cox`."""
    val_roc_auc: float | None
    """Only if early stopping or the schedule uses it, or the loss is `cox`."""
    val_f1: float | None
    """Only if early stopping or the schedule uses it, or the loss is `cox`."""
    val_log_loss: float | None
    """Only if early stopping or the schedule uses it, or the loss is `cox`."""
    val_concordance: float | None
    """Only if early stopping or the schedule uses it, or the loss is `cox`."""
    val_r2: float | None
    val_mae: float | None
    learning_rate: float | None
    gradient_norm: float | None
    seconds: float | None
    layers: list[dict[str, Any]] | None
    """Statistics of each layer, at some epochs: sizes of gradients, weights, updates, activations, and the shares
    of dead and saturated units.
    """


class Epochs(Record):
    """Epochs, oldest first."""

    __slots__ = ()
    data: list[Epoch]


class Event(Record):
    """An event of a job."""

    __slots__ = ()
    id: int
    """Number of the event, counted from 1 for each job."""
    type: str
    at: str
    data: dict[str, Any]


class Events(Record):
    """Events, oldest first. If there are more, `next_after` is the number to go on from."""

    __slots__ = ()
    data: list[Event]
    next_after: int | None


class JobActual(Record):
    """What a job that has ended took, in all attempts together."""

    __slots__ = ()
    seconds: float
    cpu_seconds: float
    """Seconds of processor time, those of lost workers as far as known."""
    memory_bytes: int | None
    """The peak of the job's memory. Null if it was not measured."""
    cost: Cost | None
    """Null if the operator has not set a price."""


class Job(Record):
    """A training job."""

    __slots__ = ()
    _renamed: ClassVar = {"last_metrics": "metrics"}
    id: str
    name: str
    state: Literal["queued", "running", "paused", "succeeded", "failed", "canceled"]
    requested: Literal["cancel", "stop", "pause"] | None
    """An action that was requested and is not carried out yet."""
    dataset_id: str
    model_id: str | None
    retry_of: str | None
    learning_curve_of: str | None
    """The job whose learning curve this job is a point of."""
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int
    bit_exact: bool
    """Whether all of the training ran on machines that give bit-identical results."""
    stop_reason: Literal["epochs_done", "early_stopped", "user_stop", "max_runtime", "budget", "diverged"] | None
    error: dict[str, Any] | None
    queue: Queue | None
    progress: Progress
    last_metrics: Metrics
    """The losses of the latest epoch; `metrics()` has all epochs."""
    best: dict[str, Any] | None
    """The metrics of the best epoch; of an ensemble, those of its first bag. The model's evaluation has the scores
    of all networks together.
    """
    range_test: RangeTest | None
    """Null before the test has ended and for jobs without one."""
    estimate: dict[str, Any]
    actual: JobActual | None
    """What the job took. Null before it has ended."""
    spec: dict[str, Any]
    """The request with every default filled in."""
    warnings: list[ServiceWarning]
    transitions: list[Transition]
    metadata: dict[str, str]
    links: Links


class LearningCurve(Record):
    """Whether more data would help, as far as is known now."""

    __slots__ = ()
    job_id: str
    state: Literal["running", "ended"]
    created_at: str
    metric: str
    higher_is_better: bool
    progress: CurveProgress
    points: list[CurvePoint]
    """The job itself first, then the parts from small to large."""
    fit: CurveFit | None
    """Null until jobs of three sizes have scores."""
    now: Score | None
    """The mean score of jobs with all rows, by the fitted curve."""
    forecasts: list[CurveForecast]
    """For twice and ten times the rows."""
    curve: list[DrawnPoint]
    """The fitted curve, to draw."""
    more_data: Literal["yes", "no", "unclear"] | None
    """Whether twice the rows would reduce the error by 5 % or more. `unclear`: chance hides it."""
    summary: str
    """The answer in words."""
    cpu_seconds: float
    """What the jobs on parts of the rows have used so far."""


class Links(Record):
    """Paths of related resources."""

    __slots__ = ()
    self: str
    events: str
    metrics: str
    model: str | None
    weights: str | None
    """The model's weights, or the last finite weights if training diverged."""


class Metrics(Record):
    """The losses of the last epoch; of an ensemble, those of its first bag."""

    __slots__ = ()
    train_loss: float | None
    val_loss: float | None


class Progress(Record):
    """The progress of a job."""

    __slots__ = ()
    epoch: int
    epochs: int
    fraction: float
    eta_seconds: float | None


class Queue(Record):
    """The position of a queued job."""

    __slots__ = ()
    jobs_ahead: int
    """Estimated number of jobs that start earlier."""
    starts_in_seconds: float | None
    """Estimated seconds until the job starts. Null: unknown, or no worker is alive."""


class RangeTest(Record):
    """The result of the learning-rate range test before the first epoch. Both rates are null if the loss never fell."""

    __slots__ = ()
    rates: list[float]
    """The learning rates tried, up to the one at which the loss diverged."""
    losses: list[float]
    """The smoothed training loss at each learning rate."""
    steepest: float | None
    """The learning rate at which the loss fell fastest."""
    suggested: float | None
    """The learning rate of the training: a tenth of the one with the lowest loss."""


class Score(Record):
    """A score, and the interval that contains the score of such a job in 90 % of the cases."""

    __slots__ = ()
    value: float
    low: float
    high: float


class Transition(Record):
    """A state and the time it was entered."""

    __slots__ = ()
    state: Literal["queued", "running", "paused", "succeeded", "failed", "canceled"]
    at: str
