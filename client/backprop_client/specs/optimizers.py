"""What can be sent: optimizers."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Literal, TypedDict


class AdagradSpec(TypedDict, total=False):
    """Divides the gradient by the root of the sum of its squares (Duchi et al., 2011)."""

    type: Literal["adagrad"]
    learning_rate: float
    """step size"""
    epsilon: float
    """added to the divisor to avoid division by zero"""


class AdamSpec(TypedDict, total=False):
    """Adam (Kingma and Ba, 2015)."""

    type: Literal["adam"]
    learning_rate: float
    """step size"""
    beta1: float
    beta2: float
    epsilon: float
    """added to the divisor to avoid division by zero"""


class AdamWSpec(TypedDict, total=False):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019). Biases do not decay."""

    learning_rate: float
    """step size"""
    weight_decay: float
    """fraction of each weight removed per step, times learning rate"""
    type: Literal["adamw"]
    beta1: float
    beta2: float
    epsilon: float
    """added to the divisor to avoid division by zero"""


class LbfgsSpec(TypedDict, total=False):
    """L-BFGS (Liu and Nocedal, 1989), for small problems: every step uses the gradient over all rows. `batch_size`
    only limits how many rows are computed at a time. With the line search, each epoch tries one step.
    """

    type: Literal["lbfgs"]
    learning_rate: float
    """length of the first step along a direction"""
    history: int
    """number of past steps stored, two vectors each"""
    line_search: bool
    """search for steps that meet the weak Wolfe conditions"""


class LionSpec(TypedDict, total=False):
    """Steps of fixed size in the direction of the sign of the momentum (Chen et al., 2023). Biases do not decay."""

    learning_rate: float
    """step size"""
    weight_decay: float
    """fraction of each weight removed per step, times learning rate"""
    type: Literal["lion"]
    beta1: float
    beta2: float


class RmsPropSpec(TypedDict, total=False):
    """Divides the gradient by its running root mean square (Tieleman and Hinton, 2012)."""

    type: Literal["rmsprop"]
    learning_rate: float
    """step size"""
    decay: float
    """fraction of the mean square kept per step"""
    momentum: float
    epsilon: float
    """added to the divisor to avoid division by zero"""


class SgdSpec(TypedDict, total=False):
    """Gradient descent with optional momentum."""

    type: Literal["sgd"]
    learning_rate: float
    """step size"""
    momentum: float
    nesterov: bool
    """use Nesterov momentum; requires momentum"""
