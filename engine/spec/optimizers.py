"""Specs of the optimizers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import Decay, LearningRate, Spec


class SgdSpec(Spec):
    """Gradient descent, with momentum if wanted."""

    type: Literal["sgd"] = "sgd"
    learning_rate: LearningRate = 0.01
    momentum: float = Field(default=0.0, ge=0, le=0.9999)
    nesterov: bool = False


class AdamSpec(Spec):
    """Adam (Kingma and Ba, 2015)."""

    type: Literal["adam"] = "adam"
    learning_rate: LearningRate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: float = Field(default=1e-8, gt=0, le=1)


class AdamWSpec(Spec):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019); biases do not decay."""

    type: Literal["adamw"] = "adamw"
    learning_rate: LearningRate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: float = Field(default=1e-8, gt=0, le=1)
    weight_decay: float = Field(default=0.01, ge=0)

    @model_validator(mode="after")
    def _decay_shrinks(self) -> Self:
        if self.learning_rate * self.weight_decay > 1:
            raise ValueError("learning_rate * weight_decay must not exceed 1, or decay makes weights grow")
        return self


OptimizerSpec = Annotated[SgdSpec | AdamSpec | AdamWSpec, Field(discriminator="type")]
