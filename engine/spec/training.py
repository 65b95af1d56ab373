"""How to train."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.spec.base import DAY_SECONDS, MAX_BATCH, MAX_EPOCHS, MAX_SEED, Precision, Spec
from engine.spec.losses import LossName, MetricName
from engine.spec.optimizers import AdamSpec, OptimizerSpec
from engine.spec.schedules import ConstantSpec, ScheduleSpec


class ValidationSpec(Spec):
    """How many rows are held out to judge the network by."""

    fraction: float = Field(default=0.2, ge=0, le=0.9, description="share of rows; 0 trains on every row")


class EarlyStoppingSpec(Spec):
    """Stop when a metric has not improved by more than `min_delta` for `patience` epochs."""

    metric: MetricName = "val_loss"
    patience: int = Field(default=5, ge=1, le=MAX_EPOCHS)
    min_delta: float = Field(default=0.0, ge=0)


class TrainingSpec(Spec):
    """How to train: every field has a default."""

    loss: Literal["auto"] | LossName = "auto"
    epochs: int = Field(default=30, ge=0, le=MAX_EPOCHS)
    batch_size: int = Field(default=64, ge=1, le=MAX_BATCH, description="rows per step")
    shuffle: bool = True
    seed: int = Field(default=0, ge=0, le=MAX_SEED)
    precision: Precision = "float32"
    optimizer: OptimizerSpec = AdamSpec()
    schedule: ScheduleSpec = ConstantSpec()
    clip_norm: float | None = Field(default=None, gt=0, description="largest norm of the whole gradient")
    validation: ValidationSpec = ValidationSpec()
    early_stopping: EarlyStoppingSpec | None = None
    class_weight: Literal["balanced"] | None = None
    checkpoint_every_seconds: float = Field(default=10, gt=0, le=DAY_SECONDS)
    max_runtime_seconds: float = Field(default=3600, gt=0, le=DAY_SECONDS)
