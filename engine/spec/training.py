"""How to train."""

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
    refusal,
)
from engine.spec.losses import LossName, LossSpec, MetricName, Weight
from engine.spec.optimizers import AdamSpec, OptimizerSpec
from engine.spec.schedules import ConstantSpec, ScheduleSpec

MAX_PENALTY = 1e6

Penalty = Annotated[float, Field(ge=0, le=MAX_PENALTY)]
Bound = Annotated[float, Field(ge=TINY)]
LayerIndex = Annotated[int, Field(ge=0, lt=MAX_LAYERS)]


class ValidationSpec(Spec):
    """How many rows are held out to judge the network by."""

    fraction: float = Field(default=0.2, ge=0, le=0.9, description="share of rows; 0 trains on every row")


class EarlyStoppingSpec(Spec):
    """Stop when a metric has not improved by more than `min_delta` for `patience` epochs."""

    metric: MetricName = "val_loss"
    patience: int = Field(default=5, ge=1, le=MAX_EPOCHS)
    min_delta: float = Field(default=0.0, ge=0)


class RegularizationSpec(Spec):
    """What keeps weights small. Biases, gains and frozen layers are left alone; reported losses do not contain it."""

    l1: Penalty = Field(default=0.0, description="times the sum of the weights' sizes is added to the loss")
    l2: Penalty = Field(default=0.0, description="times half the sum of the weights' squares is added to the loss")
    max_norm: Bound | None = Field(default=None, description="longest vector of weights that leads into one unit")


class AveragingSpec(Spec):
    """Keep a running average of the weights, which is judged, and in the end kept, in their place (Polyak, 1992).

    The average's first steps count less: `decay` is at most (1 + n) / (10 + n) at the n-th update.
    """

    type: Literal["ema"] = "ema"
    decay: float = Field(default=0.999, gt=0, lt=1)


class RangeTestSpec(Spec):
    """Find a learning rate first: a short run in which it rises from `lowest` to `highest` (Smith, 2017)."""

    lowest: float = Field(default=1e-6, ge=1e-12, le=MAX_LEARNING_RATE, description="the first rate")
    highest: float = Field(default=10.0, ge=1e-12, le=MAX_LEARNING_RATE, description="the last rate, if it comes to it")
    steps: int = Field(default=100, ge=10, le=500, description="batches, each at a higher rate")

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.lowest >= self.highest:
            raise ValueError(f"lowest must be below highest: {self.lowest:g} is not below {self.highest:g}")
        return self


class TrainingSpec(Spec):
    """How to train: every field has a default."""

    loss: Literal["auto", LossName] | LossSpec = "auto"
    epochs: int = Field(default=30, ge=0, le=MAX_EPOCHS)
    batch_size: int = Field(default=64, ge=1, le=MAX_BATCH, description="rows computed on at a time")
    accumulate: int = Field(default=1, ge=1, le=MAX_BATCH, description="batches whose mean gradient makes an update")
    shuffle: bool = True
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    precision: Precision = "float32"
    optimizer: OptimizerSpec = AdamSpec()
    schedule: ScheduleSpec = ConstantSpec()
    range_test: RangeTestSpec | None = Field(
        default=None,
        description="test learning rates before the first epoch, and take the one found instead of the optimizer's",
        examples=[{"lowest": 1e-6, "highest": 10, "steps": 100}],
    )
    regularization: RegularizationSpec = RegularizationSpec()
    averaging: AveragingSpec | None = None
    clip_value: Bound | None = Field(default=None, description="largest size of any number in the gradient")
    clip_layer_norm: Bound | None = Field(default=None, description="largest norm of each layer's gradient")
    clip_norm: Bound | None = Field(default=None, description="largest norm of the whole gradient")
    frozen: Annotated[tuple[LayerIndex, ...], Field(strict=False, max_length=MAX_LAYERS)] = Field(
        default=(), description="layers, counted from 0, whose parameters stay as they are"
    )
    validation: ValidationSpec = ValidationSpec()
    early_stopping: EarlyStoppingSpec | None = None
    class_weight: (
        Literal["balanced"]
        | Annotated[tuple[Weight, ...], Field(strict=False, min_length=2, max_length=MAX_WIDTH)]
        | None
    ) = Field(default=None, description="balanced, or how much each class counts, in the order of the outputs")
    checkpoint_every_seconds: float = Field(default=10, gt=0, le=DAY_SECONDS)
    max_runtime_seconds: float = Field(default=3600, gt=0, le=DAY_SECONDS)

    @model_validator(mode="after")
    def _line_search_is_undisturbed(self) -> Self:
        """L-BFGS learns from how gradients change, which must be those of the loss."""
        if self.optimizer.type != "lbfgs":
            return self
        wanted: dict[tuple[str, ...], object] = {
            (name,): getattr(self, name) for name in ("clip_value", "clip_layer_norm", "clip_norm", "averaging")
        }
        wanted["regularization", "max_norm"] = self.regularization.max_norm
        problems = {
            place: f"lbfgs takes no {place[-1]}: its steps need the loss's own gradients. Leave it out, or use adam."
            for place, value in wanted.items()
            if value is not None
        }
        if self.accumulate > 1:
            problems["accumulate",] = "lbfgs accumulates over all batches by itself; leave accumulate out."
        if self.range_test:
            problems["range_test",] = "lbfgs searches its steps by itself, so range_test finds nothing; leave it out."
        if problems:
            raise refusal(self, problems)
        return self
