"""What a training run tells whoever iterates it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

StopReason = Literal["epochs_done", "early_stopped", "diverged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """One mini-batch is done."""

    epoch: int  # under way, counted from 1
    batch: int  # completed in this epoch
    batches: int  # in an epoch
    loss: float  # mean over the batch, before the update


@dataclass(frozen=True, slots=True)
class LayerSizes:
    """How a layer is doing. Sizes are root mean squares; what a layer does not have is None.

    `gradient` is what the optimizer got in the epoch's last step, `update` what it made of it, and `weight` the
    parameters before.
    """

    label: str
    gradient: float | None
    weight: float | None
    update: float | None
    activation: float | None  # of the outputs
    dead: float | None  # share of units where no row of a sample has a slope to learn by
    saturated: float | None  # share of outputs within 1 % of the ends of tanh or sigmoid


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd:
    """One epoch is done.

    `metrics`: train_loss (mean over the epoch's rows, each before its batch's update), learning_rate (of the
    last step), gradient_norm (mean over the updates, with l1 and l2, before clipping), seconds; with validation rows
    val_loss and val_accuracy, or val_r2 and val_mae.
    """

    epoch: int
    metrics: dict[str, float]
    layers: tuple[LayerSizes, ...] = ()  # input to output, at the end of some epochs (engine.diagnosis.Watch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The run has ended. `detail` names epoch, batch and layer when it diverged, else it is empty."""

    reason: StopReason
    detail: dict[str, Any] = field(default_factory=dict)
