"""What a training run tells whoever iterates it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from engine.diagnostics.layer_statistics import LayerStatistics

StopReason = Literal["epochs_done", "early_stopped", "diverged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """One mini-batch is done."""

    epoch: int  # under way, counted from 1
    batch: int  # completed in this epoch
    batches: int  # in an epoch
    loss: float  # mean over the batch, before the update


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochEnd:
    """One epoch is done.

    `metrics`: train_loss (mean over the epoch's rows, each before its batch's update), learning_rate (of the
    last step), gradient_norm (mean over the updates, with l1 and l2, before clipping), seconds; with validation rows
    val_loss and val_accuracy, or val_r2 and val_mae.
    """

    epoch: int
    metrics: dict[str, float]
    layers: tuple[LayerStatistics, ...] = ()  # input to output, at the end of some epochs (engine.diagnosis.Watch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """The run has ended. `detail` names epoch, batch and layer when it diverged, else it is empty."""

    reason: StopReason
    detail: dict[str, Any] = field(default_factory=dict)
