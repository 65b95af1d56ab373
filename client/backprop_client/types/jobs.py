"""What the service answers: jobs."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Any, ClassVar, Literal

from backprop_client.record import Record
from backprop_client.types.shared import ServiceWarning


class Actual(Record):
    """What the training took so far."""

    __slots__ = ()
    epochs: int
    seconds: float
    cpu_seconds: float


class Costs(Record):
    """What the training has computed so far: two operations per multiply-add, one per function of a number."""

    __slots__ = ()
    networks: int
    """Networks that are trained, those of a cross-validation included."""
    layers: list[LayerCosts]
    """Of the first network."""
    trained_parameters: int
    """Of the first network; frozen ones do not count."""
    rows_per_epoch: int
    epochs: int
    steps: int
    """Updates of all networks."""
    flops: Flops
    prediction_flops: int
    """To answer one row."""
    in_words: list[str]


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


class DrawnLayer(Record):
    """Some units of a layer, with their values and gradients for the row of the weight's path."""

    __slots__ = ()
    label: str
    type: str
    size: int
    units: list[int]
    values: list[float | None]
    gradients: list[float | None] | None
    weights: list[list[float | None]] | None
    """From the units of the layer before."""
    weight_gradients: list[list[float | None]] | None


class End(Record):
    """How the training ended."""

    __slots__ = ()
    stop_reason: str | None
    error: dict[str, Any] | None
    in_words: list[str]


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


class Factor(Record):
    """One factor of a path, by the chain rule."""

    __slots__ = ()
    kind: Literal["input", "slope", "scale", "weight", "error", "later_layers"]
    value: float | None
    layer: str
    unit: int
    """The unit that the factor leads to, counted from 0."""


class FineTuningOption(Record):
    """A job that starts from learned weights. Operations are per row."""

    __slots__ = ()
    frozen: list[int]
    """Layers that stay as they are, counted from 0."""
    epochs: int
    forward: int
    backward: int
    flops: float
    """Operations of the whole job."""
    share: float
    """Of the operations of this training."""
    step_seconds: float | None
    """Estimated from the measured layers."""


class FineTuning(Record):
    """What fine-tuning instead would have cost, with more and more frozen layers."""

    __slots__ = ()
    options: list[FineTuningOption]
    in_words: list[str]
    """The calculation, and what it assumes."""


class Flops(Record):
    """Operations of the epochs trained so far."""

    __slots__ = ()
    forward: float
    backward: float
    update: float


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
    created_at: str
    started_at: str | None
    finished_at: str | None
    attempt: int
    bit_exact: bool
    """Whether all of the training ran on machines that give bit-identical results."""
    stop_reason: Literal["epochs_done", "early_stopped", "user_stop", "max_runtime", "diverged"] | None
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
    spec: dict[str, Any]
    """The request with every default filled in."""
    warnings: list[ServiceWarning]
    transitions: list[Transition]
    metadata: dict[str, str]
    links: Links


class LayerCosts(Record):
    """One layer with its activation. Operations are per row."""

    __slots__ = ()
    label: str
    type: str
    output_shape: list[int]
    parameters: int
    flops_forward: int
    flops_backward: int


class LayerStatistics(Record):
    """The statistics of all layers in one epoch."""

    __slots__ = ()
    epoch: int
    layers: list[dict[str, Any]]
    """For each layer: `label`; the sizes (root mean squares) of `gradient`, `weight`, `update` and `activation`;
    the shares of `dead` units and `saturated` outputs.
    """


class LeftOut(Record):
    """A column that is no feature."""

    __slots__ = ()
    column: str
    reason: str


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


class Missing(Record):
    """A part of the report that is not known."""

    __slots__ = ()
    part: str
    reason: str


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


class ReportDataset(Record):
    """The data set of the job."""

    __slots__ = ()
    id: str
    name: str
    rows: int
    columns: int
    warnings: list[ServiceWarning]


class Report(Record):
    """A training report: what is known about a job so far."""

    __slots__ = ()
    job_id: str
    name: str
    state: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    model_id: str | None
    summary: list[str]
    """What was learned, how good it is, and what it took, in sentences."""
    data: UsedData
    spec: dict[str, Any]
    """The spec of the job, with every default filled in."""
    spec_in_words: list[str]
    curve: list[dict[str, Any]]
    """Metrics by epoch, at most 200 points."""
    layers: list[LayerStatistics]
    """Layer statistics, at most 60 epochs."""
    findings: list[ServiceWarning]
    """Problems of the training that the service recognized."""
    warnings: list[ServiceWarning]
    """Other warnings of the job."""
    evaluation: dict[str, Any] | None
    """As `GET /v1/models/{id}/evaluation`: scores on rows that were not used for training, beside those of a naive
    baseline.
    """
    contributions: dict[str, Any] | None
    """As `GET /v1/models/{id}/contributions`: how much each layer and the largest weights contributed to the error."""
    how_it_learned: Step | None
    """One training step, measured after the training: forward pass, loss, backward pass and update, layer by layer."""
    costs: Costs | None
    fine_tuning: FineTuning | None
    """What fine-tuning instead would have cost."""
    estimate: dict[str, Any]
    """What was expected before the training."""
    actual: Actual
    end: End
    transitions: list[dict[str, Any]]
    missing: list[Missing]
    """Parts that are not known, each with the reason."""


class ShownNetwork(Record):
    """Which network of the model was measured: the first one of the first bag."""

    __slots__ = ()
    bags: int
    """Bags of the model; 1 if it is no ensemble."""
    networks: int
    """Networks in the bag of the measured one."""


class Stage(Record):
    """A part of the step in words."""

    __slots__ = ()
    key: Literal["forward", "loss", "backward", "update"]
    title: str
    sentences: list[str]


class StepLayer(Record):
    """What one layer did, with its activation. Sizes are root mean squares; operations are per row."""

    __slots__ = ()
    label: str
    type: str
    output_shape: list[int]
    parameters: int
    frozen: bool
    activation: float | None
    """Size of the outputs."""
    gradient_in: float | None
    """Size of the gradient of the loss with respect to the outputs."""
    gradient_out: float | None
    """Size of the gradient that the layer passes on; null if none."""
    weight: float | None
    weight_gradient: float | None
    update: float | None
    """Size of the change that the optimizer makes."""
    relative_update: float | None
    """`update` divided by `weight`."""
    flops_forward: int
    flops_backward: int
    forward_seconds: float
    backward_seconds: float


class StepSeconds(Record):
    """The measured seconds of the parts of the step."""

    __slots__ = ()
    forward: float
    loss: float
    backward: float
    update: float | None
    """Null for `lbfgs`, which has no single step."""


class Step(Record):
    """One training step of one network on one mini-batch, without dropout, measured after the training."""

    __slots__ = ()
    network: ShownNetwork
    rows: int
    loss: float | None
    learning_rate: float | None
    gradient_norm: float | None
    seconds: StepSeconds
    layers: list[StepLayer]
    weight: WeightPath | None
    answer: dict[str, Any] | None
    """Outputs and truth of the row that is followed."""
    drawing: list[DrawnLayer]
    stages: list[Stage]
    weight_in_words: list[str]


class Transition(Record):
    """A state and the time it was entered."""

    __slots__ = ()
    state: Literal["queued", "running", "paused", "succeeded", "failed", "canceled"]
    at: str


class UsedData(Record):
    """The rows and columns that the training used."""

    __slots__ = ()
    dataset: ReportDataset | None
    """Null if the data set was deleted."""
    targets: list[str]
    features: list[str]
    rows: int | None
    """Rows that have a target."""
    training_rows: int | None
    validation_rows: int | None
    """Rows that the networks do not train on, and that evaluate them."""
    left_out: list[LeftOut]
    """Columns that are no features, each with the reason."""
    notes: list[str]
    """Sentences about rows that were left out."""


class WeightPath(Record):
    """The gradient of one weight: the factors of its strongest path for one row, the sums over paths and rows."""

    __slots__ = ()
    parameter: str
    """Named as in the weights file."""
    layer: str
    index: list[Any]
    """Unit and input of the weight in its layer."""
    input: int | None
    input_name: str | None
    """The input of the network that the weight reads, if it reads one."""
    value: float | None
    row: int
    factors: list[Factor]
    path: float | None
    """The product of the factors."""
    row_gradient: float | None
    """The sum over all paths of the row."""
    gradient: float | None
    """The sum over all rows of the mini-batch."""
    update: float | None
