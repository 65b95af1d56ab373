"""Specs of the layers for rows of any shape: dense, dropout, activation."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from engine.spec.base import MAX_WIDTH, Spec, equals

ActivationName = Literal[
    "linear",
    "relu",
    "leaky_relu",
    "elu",
    "selu",
    "gelu",
    "gelu_exact",
    "silu",
    "mish",
    "tanh",
    "sigmoid",
    "softplus",
]
InitializerName = Literal[
    "auto",
    "he_normal",
    "he_uniform",
    "glorot_normal",
    "glorot_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "zeros",
]
BiasInitializerName = Literal["zeros", "normal"]


class DenseSpec(Spec):
    """A fully connected layer over the last axis, followed by its activation."""

    type: Literal["dense"] = "dense"
    units: int = Field(ge=1, le=MAX_WIDTH, description="outputs of the layer")
    activation: ActivationName = "relu"
    initializer: InitializerName = Field(
        default="auto",
        description="of the weights; auto: lecun_normal for selu, he_normal for the relu family, otherwise "
        "glorot_uniform",
    )
    bias_initializer: BiasInitializerName = Field(
        default="zeros",
        exclude_if=equals("zeros"),
        description="of the biases; normal: standard normal values, which spread the bends of the units",
    )


class DropoutSpec(Spec):
    """Sets a random fraction of its inputs to zero while training, and scales up the rest."""

    type: Literal["dropout"] = "dropout"
    rate: float = Field(ge=0, lt=1, description="fraction of inputs set to zero")


class ActivationSpec(Spec):
    """An activation without a layer before it."""

    type: Literal["activation"] = "activation"
    function: ActivationName = "relu"
    parametric: bool = Field(
        default=False,
        exclude_if=equals(False),
        description="learn a factor a for each feature: x + a (f(x) - x), initially 1",
    )
