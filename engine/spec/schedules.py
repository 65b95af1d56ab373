"""Specs of the learning-rate schedules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.spec.base import MAX_EPOCHS, Spec
from engine.spec.losses import MetricName

Factor = Annotated[float, Field(gt=0, le=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]


class WarmupSpec(Spec):
    """Field that most schedules share: a linear rise of the learning rate at the start."""

    warmup_steps: int = Field(default=0, ge=0, description="updates until the full learning rate is reached")


class ConstantSpec(WarmupSpec):
    """A constant learning rate."""

    type: Literal["constant"] = "constant"


class StepSpec(WarmupSpec):
    """Multiplies the learning rate by `factor` every `every_epochs` epochs."""

    type: Literal["step"] = "step"
    every_epochs: int = Field(default=10, ge=1, le=MAX_EPOCHS)
    factor: Factor = 0.1


class ExponentialSpec(WarmupSpec):
    """Decreases the learning rate smoothly, by `factor` per epoch."""

    type: Literal["exponential"] = "exponential"
    factor: Factor = 0.95


class CosineSpec(WarmupSpec):
    """Decreases the learning rate along half a cosine to `final_factor` of its value, with optional restarts.

    The last cycle ends with the last step (Loshchilov and Hutter, 2017).
    """

    type: Literal["cosine"] = "cosine"
    final_factor: Fraction = 0.0
    restarts: int = Field(default=0, ge=0, le=100, description="number of restarts at the full rate")
    growth: float = Field(default=1.0, ge=1, le=10, description="length of each cycle relative to the one before")


class CosLogSpec(Spec):
    """Cycles from zero to the full learning rate and back, each about twice as long as the one before.

    With t from 0 to 1 over the run, the factor is (1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2 (Holzmüller et al.,
    2024).
    """

    type: Literal["coslog"] = "coslog"
    cycles: int = Field(default=4, ge=1, le=20)


class OneCycleSpec(Spec):
    """Increases the learning rate along half a cosine to that of the optimizer, then decreases it to almost nothing.

    Smith and Topin, 2019, in the form that PyTorch uses.
    """

    type: Literal["one_cycle"] = "one_cycle"
    rise: float = Field(default=0.3, gt=0, lt=1, description="fraction of all steps in which the rate increases")
    initial_factor: Factor = 0.04
    final_factor: Fraction = 4e-6


class PlateauSpec(WarmupSpec):
    """Multiplies the learning rate by `factor` when a metric has not improved for `patience` epochs."""

    type: Literal["plateau"] = "plateau"
    metric: MetricName = "val_loss"
    factor: float = Field(default=0.1, gt=0, lt=1)
    patience: int = Field(default=5, ge=1, le=MAX_EPOCHS)
    min_delta: float = Field(default=0.0, ge=0)
    cooldown: int = Field(default=0, ge=0, le=MAX_EPOCHS, description="epochs after a decrease that are not counted")
    min_factor: Fraction = Field(default=0.0, description="lower limit, as a fraction of the first learning rate")


ScheduleSpec = Annotated[
    ConstantSpec | StepSpec | ExponentialSpec | CosineSpec | CosLogSpec | OneCycleSpec | PlateauSpec,
    Field(discriminator="type"),
]
