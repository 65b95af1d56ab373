"""The spec of a training run."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import (
    DAY_SECONDS,
    MAX_BATCH,
    MAX_EPOCHS,
    MAX_LAYERS,
    MAX_LEARNING_RATE,
    MAX_SEED,
    MAX_WIDTH,
    TINY,
    Precision,
    Spec,
    at_most,
    equals,
    validation_error,
)
from engine.spec.dense import InitializerName
from engine.spec.learning_rates import LearningRateFactorsSpec
from engine.spec.losses import LossName, LossSpec, MetricName, Weight
from engine.spec.optimizers import AdamSpec, OptimizerSpec
from engine.spec.schedules import ConstantSpec, ScheduleSpec

MAX_PENALTY = 1e6
MAX_FOLDS = 20  # each costs as much as the job's network

Penalty = Annotated[float, Field(ge=0, le=MAX_PENALTY)]
PenaltyFactor = Annotated[float, Field(ge=0, le=MAX_PENALTY)]
Bound = Annotated[float, Field(ge=TINY)]
Processes = Literal[1, 2, 4, 8, 16, 32, 64]
LayerIndex = Annotated[int, Field(ge=0, lt=MAX_LAYERS)]
SplitRule = Literal["random", "stratified", "time", "group"]


class ValidationSpec(Spec):
    """The rows that evaluate the network: a fraction that is held out, rows of another data set, or folds.

    Fields that are null are left out of stored specs, so that jobs of earlier versions keep their checkpoints.
    """

    fraction: float = Field(
        default=0.2,
        ge=0,
        le=0.9,
        description="fraction of the rows that is held out; 0: none. Always 0 with `dataset_id` or `folds`",
    )
    by: SplitRule | None = Field(
        default=None,
        exclude_if=equals(None),
        description="how rows are chosen. `random`: at random. `stratified`: at random, with the same share of each "
        "class of the target, or of each value of `column`, in all parts. `time`: the last rows by `column`; rows "
        "with the same time stay together. `group`: all rows with the same value of `column` are in the same part. "
        "Default: `stratified` for a single classification target, otherwise `random`",
    )
    column: str | None = Field(
        default=None,
        min_length=1,
        exclude_if=equals(None),
        description="the column of times or groups; optional for `stratified`",
    )
    dataset_id: str | None = Field(
        default=None,
        min_length=1,
        exclude_if=equals(None),
        description="another data set, whose rows evaluate the network; all rows of the job's data set are for "
        "training. It needs the same columns",
    )
    folds: int | None = Field(
        default=None,
        ge=2,
        le=MAX_FOLDS,
        exclude_if=equals(None),
        description="k-fold cross-validation: k more networks train beside the job's, each without one part of the "
        "rows, and are evaluated on it. The job's network trains on all rows. `by` says how rows are divided; with "
        "`time`, each part is predicted by a network that trained on the rows before it",
    )

    @property
    def validates(self) -> bool:
        """Whether any row evaluates the network."""
        return self.fraction > 0 or self.dataset_id is not None or self.folds is not None

    @model_validator(mode="after")
    def _check_column(self) -> Self:
        if self.by in {"time", "group"} and self.column is None:
            noun = "times" if self.by == "time" else "groups"
            raise validation_error(self, {("column",): f"`{self.by}` needs the column of the {noun}. Name it here."})
        if self.column is not None and self.by in {None, "random"}:
            detail = "Only `time`, `group` and `stratified` use a column. Set `by` to one of them or remove `column`."
            raise validation_error(self, {("by",): detail})
        return self

    @model_validator(mode="after")
    def _check_source(self) -> Self:
        """Accept one kind of validation rows."""
        problems: dict[tuple[str, ...], str] = {}
        if self.dataset_id is not None:
            own = "`dataset_id` names the rows that evaluate the network, so no rows are divided."
            problems |= {
                (name,): f"{own} Remove `{name}`." for name in ("by", "column", "folds") if getattr(self, name)
            }
        whole = next((name for name in ("dataset_id", "folds") if getattr(self, name) is not None), None)
        if whole and "fraction" in self.model_fields_set and self.fraction > 0:
            problems["fraction",] = f"With `{whole}`, the network trains on all rows. Remove `fraction`."
        if problems:
            raise validation_error(self, problems)
        return self


class SampleSpec(Spec):
    """A random part of the training rows. The rows of a smaller fraction are among those of a larger one."""

    fraction: float = Field(gt=0, le=1, description="part of the training rows that the network learns from")
    seed: int = Field(default=0, ge=0, le=MAX_SEED, description="another seed draws other rows")


class EarlyStoppingSpec(Spec):
    """Stop when a metric has not improved by more than `min_delta` for `patience` epochs."""

    metric: MetricName = "val_loss"
    patience: int = Field(default=5, ge=1, le=MAX_EPOCHS)
    min_delta: float = Field(default=0.0, ge=0)


class RegularizationSpec(Spec):
    """Penalties and bounds on weights, except biases, gains and frozen layers. Reported losses exclude penalties."""

    l1: Penalty = Field(default=0.0, description="factor of the sum of absolute weights, added to the loss")
    l2: Penalty = Field(default=0.0, description="factor of half the sum of squared weights, added to the loss")
    max_norm: Bound | None = Field(default=None, description="largest norm of the weights of one unit")
    layers: Annotated[tuple[PenaltyFactor, ...], Field(strict=False, max_length=MAX_LAYERS), at_most(MAX_LAYERS)] = (
        Field(
            default=(),
            exclude_if=equals(()),
            description="factors of l1, l2 and the weight decay for each layer of `model`, from the first; 0 "
            "for none, 1 for layers that are not listed",
        )
    )
    output: PenaltyFactor = Field(
        default=1.0, exclude_if=equals(1.0), description="the same factor for the output layer"
    )


class AveragingSpec(Spec):
    """Keep a running average of the weights. It is evaluated and stored in place of the weights (Polyak, 1992).

    The first updates count more: `decay` is at most (1 + n) / (10 + n) at update n.
    """

    type: Literal["ema"] = "ema"
    decay: float = Field(default=0.999, gt=0, lt=1)


class RangeTestSpec(Spec):
    """Find a learning rate first, in a short run with rates from `lowest` to `highest` (Smith, 2017)."""

    lowest: float = Field(default=1e-6, ge=1e-12, le=MAX_LEARNING_RATE, description="the first rate")
    highest: float = Field(
        default=10.0, ge=1e-12, le=MAX_LEARNING_RATE, description="the last rate, if the loss does not diverge"
    )
    steps: int = Field(default=100, ge=10, le=500, description="number of batches, each with a higher rate")

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError(f"lowest must be below highest: {self.lowest:g} is not below {self.highest:g}")
        return self


class TrainingSpec(Spec):
    """How to train. Every field has a default."""

    loss: Literal["auto", LossName] | LossSpec = "auto"
    epochs: int = Field(default=30, ge=0, le=MAX_EPOCHS)
    batch_size: int = Field(default=64, ge=1, le=MAX_BATCH, description="rows per batch")
    accumulate: int = Field(
        default=1, ge=1, le=MAX_BATCH, description="batches per update, whose gradients are averaged"
    )
    shuffle: bool = True
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    precision: Precision = "float32"
    output_start: Literal["prior", "random"] = Field(
        default="prior",
        description="the biases of the output layer before the first update. `prior`: what the loss prefers for all "
        "training rows together, such as the class frequencies, the mean, the median or quantiles, or the logarithm "
        "of the mean, with the weights of rows and classes. `random`: none; only the weights are random. An "
        "output layer that is reused from a model stays as it is",
    )
    optimizer: OptimizerSpec = AdamSpec()
    schedule: ScheduleSpec = ConstantSpec()
    range_test: RangeTestSpec | None = Field(
        default=None,
        description="test learning rates before the first epoch; the best one replaces that of the optimizer",
        examples=[{"lowest": 1e-6, "highest": 10, "steps": 100}],
    )
    learning_rate_factors: LearningRateFactorsSpec | None = Field(
        default=None,
        exclude_if=equals(None),
        description="factors of the learning rate for kinds of parameters and for layers; default: one rate for all",
        examples=[{"biases": 0.1, "by_fan_in": True, "layers": [6]}],
    )
    output_initializer: InitializerName = Field(
        default="auto",
        exclude_if=equals("auto"),
        description="of the weights of the output layer; auto: glorot_uniform",
    )
    regularization: RegularizationSpec = RegularizationSpec()
    averaging: AveragingSpec | None = None
    clip_value: Bound | None = Field(default=None, description="largest absolute value in the gradient")
    clip_layer_norm: Bound | None = Field(default=None, description="largest norm of the gradient of each layer")
    clip_norm: Bound | None = Field(default=None, description="largest norm of the whole gradient")
    frozen: Annotated[tuple[LayerIndex, ...], Field(strict=False, max_length=MAX_LAYERS), at_most(MAX_LAYERS)] = Field(
        default=(), description="layers, counted from 0, whose parameters are not trained"
    )
    unfreeze_every: int | None = Field(
        default=None,
        ge=1,
        le=MAX_EPOCHS,
        strict=True,
        exclude_if=equals(None),
        description="epochs after which the last frozen layer is trained, too; after as many again, the one before it, "
        "and so on. The optimizer starts again each time; default: layers stay frozen",
    )
    validation: ValidationSpec = ValidationSpec()
    sample: SampleSpec | None = Field(
        default=None,
        exclude_if=equals(None),
        description="learn from a random part of the training rows, for trials that cost less. The rows that evaluate "
        "the network stay the same; default: all training rows",
        examples=[{"fraction": 0.25}],
    )
    early_stopping: EarlyStoppingSpec | None = None
    class_weight: (
        Literal["balanced"]
        | Annotated[tuple[Weight, ...], Field(strict=False, min_length=2, max_length=MAX_WIDTH), at_most(MAX_WIDTH)]
        | None
    ) = Field(default=None, description="balanced, or one weight per class in the order of the outputs")
    clamp_predictions: bool = Field(
        default=False,
        exclude_if=equals(False),
        description="keep predicted numbers between the smallest and the largest target of the training rows",
    )
    processes: Processes | None = Field(
        default=None,
        exclude_if=equals(None),
        description="processes that compute the gradient of each batch together, each on a core of its own: 1, 2, 4, "
        "8 and so on, at most `shards`. Each batch is divided into shards, whose gradients are added in a fixed order, "
        "so any number of processes gives the same bits. Default: one process that takes each batch as a whole, which "
        "is faster than 1",
    )
    shards: Processes = Field(
        default=8,
        exclude_if=equals(8),
        description="parts of each batch, with `processes`: a power of two. Fewer are faster, but allow fewer "
        "processes. Results with another number of shards differ in their last bits",
    )
    checkpoint_every_seconds: float = Field(default=10, gt=0, le=DAY_SECONDS)
    max_runtime_seconds: float = Field(default=3600, gt=0, le=DAY_SECONDS)

    @property
    def always_frozen(self) -> tuple[int, ...]:
        """The layers that are frozen in every epoch: none if `unfreeze_every` unfreezes them one after another."""
        return self.frozen if self.unfreeze_every is None else ()

    @model_validator(mode="after")
    def _check_decay(self) -> Self:
        """Reject weight decay that makes weights grow with the largest learning rate."""
        decay = getattr(self.optimizer, "weight_decay", 0.0)
        largest = self.learning_rate_factors.largest if self.learning_rate_factors else 1.0
        if self.optimizer.learning_rate * largest * decay > 1:
            detail = (
                "learning_rate * weight_decay * factor must not exceed 1; otherwise weights grow. Lower one of them."
            )
            raise validation_error(self, {("learning_rate_factors",): detail})
        return self

    @model_validator(mode="after")
    def _check_processes(self) -> Self:
        """Give each process at least one shard."""
        if self.processes is not None and self.processes > self.shards:
            detail = f"{self.processes} processes need at least as many shards. Set `shards` to {self.processes}."
            raise validation_error(self, {("shards",): detail})
        return self

    @model_validator(mode="after")
    def _check_lbfgs(self) -> Self:
        """Reject settings that change gradients: L-BFGS estimates curvature from them."""
        if self.optimizer.type != "lbfgs":
            return self
        wanted: dict[tuple[str, ...], object] = {
            (name,): getattr(self, name) for name in ("clip_value", "clip_layer_norm", "clip_norm", "averaging")
        }
        wanted["learning_rate_factors",] = self.learning_rate_factors
        wanted["unfreeze_every",] = self.unfreeze_every
        wanted["regularization", "max_norm"] = self.regularization.max_norm
        problems = {
            path: f"`lbfgs` cannot be combined with `{path[-1]}`. Remove it or use `adam`."
            for path, value in wanted.items()
            if value is not None
        }
        if self.accumulate > 1:
            problems["accumulate",] = "`lbfgs` always uses all batches. Remove `accumulate`."
        if self.range_test:
            problems["range_test",] = "`lbfgs` chooses its own step lengths. Remove `range_test`."
        if problems:
            raise validation_error(self, problems)
        return self
