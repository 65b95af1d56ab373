"""The events that a training run yields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from engine.diagnostics.layer_statistics import LayerStatistics

StopReason = Literal["epochs_done", "early_stopped", "diverged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """A mini-batch has ended."""

    epoch: int  # the current one, counted from 1
    batch: int  # completed batches of this epoch
    batches: int  # per epoch
    loss: float  # mean over the batch, before the update


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd:
    """An epoch has ended.

    `metrics` has train_loss (mean over the epoch's rows, each measured before its batch's update), learning_rate (of
    the last step), gradient_norm (mean over the updates, including l1 and l2, before clipping) and seconds. With
    validation rows it also has val_loss and val_accuracy, or val_r2 and val_mae.
    """

    epoch: int
    metrics: dict[str, float]
    layers: tuple[LayerStatistics, ...] = ()  # from input to output, for monitored epochs (`LayerMonitor`)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The run has ended. `detail` has epoch, batch and layer if it diverged, and is empty otherwise."""

    reason: StopReason
    detail: dict[str, Any] = field(default_factory=dict)
