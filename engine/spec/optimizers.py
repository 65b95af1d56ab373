"""Specs of the optimizers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import TINY, Decay, LearningRate, Spec, validation_error

MAX_HISTORY = 50

Momentum = Annotated[float, Field(ge=0, le=0.9999)]
Epsilon = Annotated[float, Field(ge=TINY, le=1, description="added to the divisor to avoid division by zero")]
WeightDecay = Annotated[float, Field(ge=0, description="fraction of each weight removed per step, times learning rate")]


class SgdSpec(Spec):
    """Gradient descent with optional momentum."""

    type: Literal["sgd"] = "sgd"
    learning_rate: LearningRate = 0.01
    momentum: Momentum = 0.0
    nesterov: bool = Field(default=False, description="use Nesterov momentum; requires momentum")

    @model_validator(mode="after")
    def _check_momentum(self) -> Self:
        if self.nesterov and not self.momentum:
            detail = "`nesterov` requires `momentum`. Set it, for example to 0.9, or remove `nesterov`."
            raise validation_error(self, {("nesterov",): detail})
        return self


class RmsPropSpec(Spec):
    """Divides the gradient by its running root mean square (Tieleman and Hinton, 2012)."""

    type: Literal["rmsprop"] = "rmsprop"
    learning_rate: LearningRate = 0.001
    decay: Decay = Field(default=0.99, description="fraction of the mean square kept per step")
    momentum: Momentum = 0.0
    epsilon: Epsilon = 1e-8


class AdagradSpec(Spec):
    """Divides the gradient by the root of the sum of its squares (Duchi et al., 2011)."""

    type: Literal["adagrad"] = "adagrad"
    learning_rate: LearningRate = 0.01
    epsilon: Epsilon = 1e-10


class AdamSpec(Spec):
    """Adam (Kingma and Ba, 2015)."""

    type: Literal["adam"] = "adam"
    learning_rate: LearningRate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: Epsilon = 1e-8


class DecayingSpec(Spec):
    """Fields that optimizers with decoupled weight decay share."""

    learning_rate: LearningRate
    weight_decay: WeightDecay

    @model_validator(mode="after")
    def _check_weight_decay(self) -> Self:
        if self.learning_rate * self.weight_decay > 1:
            raise ValueError("learning_rate * weight_decay must not exceed 1; otherwise weights grow")
        return self


class AdamWSpec(DecayingSpec):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019). Biases do not decay."""

    type: Literal["adamw"] = "adamw"
    learning_rate: LearningRate = 0.001
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: WeightDecay = 0.01


class LionSpec(DecayingSpec):
    """Steps of fixed size in the direction of the sign of the momentum (Chen et al., 2023). Biases do not decay."""

    type: Literal["lion"] = "lion"
    learning_rate: LearningRate = 1e-4
    beta1: Decay = 0.9
    beta2: Decay = 0.99
    weight_decay: WeightDecay = 0.0


class LbfgsSpec(Spec):
    """L-BFGS (Liu and Nocedal, 1989), for small problems: every step uses the gradient over all rows.

    `batch_size` only limits how many rows are computed at a time. With the line search, each epoch tries one step.
    """

    type: Literal["lbfgs"] = "lbfgs"
    learning_rate: LearningRate = Field(default=1.0, description="length of the first step along a direction")
    history: int = Field(default=10, ge=1, le=MAX_HISTORY, description="number of past steps stored, two vectors each")
    line_search: bool = Field(default=True, description="search for steps that meet the weak Wolfe conditions")


OptimizerSpec = Annotated[
    SgdSpec | RmsPropSpec | AdagradSpec | AdamSpec | AdamWSpec | LionSpec | LbfgsSpec, Field(discriminator="type")
]
