"""Specs of the learning-rate schedules."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.spec.base import MAX_EPOCHS, Spec
from engine.spec.losses import MetricName

Factor = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class WarmupSpec(Spec):
    """What most schedules share: a linear rise of the learning rate at the start."""

    warmup_steps: int = Field(default=0, ge=0, description="updates until the full learning rate")


class ConstantSpec(WarmupSpec):
    """The learning rate stays as it is."""

    type: Literal["constant"] = "constant"


class StepSpec(WarmupSpec):
    """The learning rate is multiplied by `factor` every so many epochs."""

    type: Literal["step"] = "step"
    every_epochs: int = Field(default=10, ge=1, le=MAX_EPOCHS)
    factor: Factor = 0.1


class ExponentialSpec(WarmupSpec):
    """The learning rate falls smoothly, by `factor` per epoch."""

    type: Literal["exponential"] = "exponential"
    factor: Factor = 0.95


class CosineSpec(WarmupSpec):
    """The learning rate falls along half a cosine to `final_factor` of itself, once or several times.

    The last fall ends with the last step (Loshchilov and Hutter, 2017).
    """

    type: Literal["cosine"] = "cosine"
    final_factor: Share = 0.0
    restarts: int = Field(default=0, ge=0, le=100, description="times that it begins again at the full rate")
    growth: float = Field(default=1.0, ge=1, le=10, description="how much longer each fall is than the one before")


class OneCycleSpec(Spec):
    """The learning rate rises along half a cosine to what the optimizer says, then falls to almost nothing.

    Smith and Topin, 2019, in the form that PyTorch uses.
    """

    type: Literal["one_cycle"] = "one_cycle"
    rise: float = Field(default=0.3, gt=0, lt=1, description="share of all steps in which it rises")
    initial_factor: Factor = 0.04
    final_factor: Share = 4e-6


class PlateauSpec(WarmupSpec):
    """The learning rate is multiplied by `factor` when a metric has not improved for `patience` epochs."""

    type: Literal["plateau"] = "plateau"
    metric: MetricName = "val_loss"
    factor: float = Field(default=0.1, gt=0, lt=1)
    patience: int = Field(default=5, ge=1, le=MAX_EPOCHS)
    min_delta: float = Field(default=0.0, ge=0)
    cooldown: int = Field(default=0, ge=0, le=MAX_EPOCHS, description="epochs after a fall that are not counted")
    min_factor: Share = Field(default=0.0, description="of the first learning rate, below which it never falls")


ScheduleSpec = Annotated[
    ConstantSpec | StepSpec | ExponentialSpec | CosineSpec | OneCycleSpec | PlateauSpec, Field(discriminator="type")
]
