"""What can be sent: schedules."""

# Generated from the OpenAPI document by client/generator; do not edit.

from __future__ import annotations

from typing import Literal, TypedDict


class ConstantSpec(TypedDict, total=False):
    """A constant learning rate."""

    warmup_steps: int
    """updates until the full learning rate is reached"""
    type: Literal["constant"]


class CosLogSpec(TypedDict, total=False):
    """Cycles from zero to the full learning rate and back, each about twice as long as the one before. With t from
    0 to 1 over the run, the factor is (1 - cos(2 pi log2(1 + (2^cycles - 1) t))) / 2 (Holzmüller et al., 2024).
    """

    type: Literal["coslog"]
    cycles: int


class CosineSpec(TypedDict, total=False):
    """Decreases the learning rate along half a cosine to `final_factor` of its value, with optional restarts. The
    last cycle ends with the last step (Loshchilov and Hutter, 2017).
    """

    warmup_steps: int
    """updates until the full learning rate is reached"""
    type: Literal["cosine"]
    final_factor: float
    restarts: int
    """number of restarts at the full rate"""
    growth: float
    """length of each cycle relative to the one before"""


class ExponentialSpec(TypedDict, total=False):
    """Decreases the learning rate smoothly, by `factor` per epoch."""

    warmup_steps: int
    """updates until the full learning rate is reached"""
    type: Literal["exponential"]
    factor: float


class OneCycleSpec(TypedDict, total=False):
    """Increases the learning rate along half a cosine to that of the optimizer, then decreases it to almost
    nothing. Smith and Topin, 2019, in the form that PyTorch uses.
    """

    type: Literal["one_cycle"]
    rise: float
    """fraction of all steps in which the rate increases"""
    initial_factor: float
    final_factor: float


class PlateauSpec(TypedDict, total=False):
    """Multiplies the learning rate by `factor` when a metric has not improved for `patience` epochs."""

    warmup_steps: int
    """updates until the full learning rate is reached"""
    type: Literal["plateau"]
    metric: Literal[
        "val_loss",
        "train_loss",
        "val_accuracy",
        "val_balanced_accuracy",
        "val_roc_auc",
        "val_f1",
        "val_log_loss",
        "val_r2",
        "val_mae",
        "val_concordance",
    ]
    factor: float
    patience: int
    min_delta: float
    cooldown: int
    """epochs after a decrease that are not counted"""
    min_factor: float
    """lower limit, as a fraction of the first learning rate"""


class StepSpec(TypedDict, total=False):
    """Multiplies the learning rate by `factor` every `every_epochs` epochs."""

    warmup_steps: int
    """updates until the full learning rate is reached"""
    type: Literal["step"]
    every_epochs: int
    factor: float
