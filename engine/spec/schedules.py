"""Specs of the learning rate's course."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from engine.spec.base import MAX_EPOCHS, Spec


class WarmupSpec(Spec):
    """What all schedules share: a linear rise of the learning rate at the start."""

    warmup_steps: int = Field(default=0, ge=0, description="mini-batches until the full learning rate")


class ConstantSpec(WarmupSpec):
    """The learning rate stays as it is."""

    type: Literal["constant"] = "constant"


class StepSpec(WarmupSpec):
    """The learning rate is multiplied by `factor` every so many epochs."""

    type: Literal["step"] = "step"
    every_epochs: int = Field(default=10, ge=1, le=MAX_EPOCHS)
    factor: float = Field(default=0.1, gt=0, le=1)


class ExponentialSpec(WarmupSpec):
    """The learning rate falls smoothly, by `factor` per epoch."""

    type: Literal["exponential"] = "exponential"
    factor: float = Field(default=0.95, gt=0, le=1)


class CosineSpec(WarmupSpec):
    """The learning rate falls along half a cosine to `final_factor` of itself at the last step."""

    type: Literal["cosine"] = "cosine"
    final_factor: float = Field(default=0.0, ge=0, le=1)


ScheduleSpec = Annotated[ConstantSpec | StepSpec | ExponentialSpec | CosineSpec, Field(discriminator="type")]
