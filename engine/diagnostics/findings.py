"""Findings: known training problems, recognized from a run's epochs so far, with advice.

To add a finding, add its code to `FindingCode`, write its function, and add the function to `CHECKS`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from engine.diagnostics.layer_statistics import LayerStatistics
from engine.layers.layer_id import OUTPUT

FindingCode = Literal[
    "vanishing_gradients",
    "exploding_gradients",
    "dead_units",
    "saturation",
    "plateau",
    "overfitting",
    "class_imbalance",
    "learning_rate_too_high",
    "learning_rate_too_low",
]

GRADIENT_RATIO = 1e-3  # between two layers' gradients: a smaller one has vanished, a larger one explodes
NORM_GROWTH = 100.0  # of the mean gradient norm since the epoch with the smallest: exploding
DEAD_SHARE = 0.3  # of a layer's units
SATURATED_SHARE = 0.5  # of a layer's outputs; about 0.1 is usual at the start (Glorot and Bengio, 2010, figure 2)
PLATEAU_EPOCHS = 10  # without an improvement by PLATEAU_IMPROVEMENT of the loss
PLATEAU_IMPROVEMENT = 1e-3
SOLVED_SHARE = 0.01  # of the first epoch's loss: training has converged, so a plateau is no problem
OVERFIT_FACTOR = 1.1  # validation loss by the best one, in OVERFIT_EPOCHS epochs
OVERFIT_EPOCHS = 3
RARE_SHARE = 0.1  # rows of the rarest class by rows of the most common class
LARGE_STEP = 0.05  # update by weight, where 0.001 is usual: the learning rate is too high
SMALL_STEP = 1e-5  # the learning rate is too low
RISE_FACTOR = 1.05  # loss by that of the epoch before. MIN_RISES such rises in RECENT_EPOCHS: the loss is unstable
RECENT_EPOCHS = 8
MIN_RISES = 3
BURST_FACTOR = 3.0  # mean loss of an epoch by the loss before the first update: steps have thrown the network off
EMBEDDING_TYPES = {"embedding", "column_embedding"}
SMALL_WEIGHTS = EMBEDDING_TYPES | {"positions", "periodic_embedding"}  # start small, so steps are large beside them


class Epoch(Protocol):
    """What findings use of an epoch."""

    @property
    def metrics(self) -> dict[str, float]:
        """Metrics by name."""

    @property
    def layers(self) -> tuple[LayerStatistics, ...]:
        """Layer statistics, if the epoch was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One training problem."""

    code: FindingCode
    layers: tuple[str, ...]  # labels; empty if the whole network is affected
    seen: str  # the evidence, with numbers
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the checks look at."""

    history: Sequence[Epoch]
    layers: Sequence[LayerStatistics]  # the latest ones
    class_counts: Sequence[int]
    first_loss: float | None  # before the first update
    loss_scale: float  # from the history's losses to the target's units
    line_search: bool  # the optimizer chooses its own steps

    @property
    def is_decayed(self) -> bool:
        """Whether a schedule has lowered the learning rate, so that small steps are intended."""
        rates = self.series("learning_rate")
        return rates[-1] <= max(rates) / 2

    def shown(self, loss: float) -> str:
        """Return a loss in the target's units."""
        return f"{loss * self.loss_scale:.4g}"

    @property
    def learning_layers(self) -> list[LayerStatistics]:
        """The layers with parameters that the last step changed."""
        return [layer for layer in self.layers if layer.gradient is not None and layer.update and layer.weight]

    @property
    def last_gradient(self) -> float:
        """The gradient of the last layer that learns."""
        learning = self.learning_layers
        return learning[-1].gradient or 0.0 if learning else 0.0

    def series(self, metric: str) -> list[float]:
        """Return a metric over all epochs."""
        return [epoch.metrics[metric] for epoch in self.history]


def find(
    history: Sequence[Epoch],
    *,
    class_counts: Sequence[int] = (),
    first_loss: float | None = None,
    loss_scale: float = 1.0,
    line_search: bool = False,
) -> tuple[Finding, ...]:
    """Return the findings for a run's epochs so far; nothing for a healthy run. They depend on these values alone.

    `history` has the epochs in order, and `class_counts` the number of training rows per class. `first_loss`: before
    the first update, if known. `loss_scale`: factor from losses to the target's units. `line_search`: whether the
    optimizer chooses its own steps.
    """
    if not history:
        return ()
    layers = next((epoch.layers for epoch in reversed(history) if epoch.layers), ())
    evidence = Evidence(
        history=history,
        layers=layers,
        class_counts=class_counts,
        first_loss=first_loss,
        loss_scale=loss_scale,
        line_search=line_search,
    )
    return tuple(finding for check in CHECKS if (finding := check(evidence)))


def _vanishing_gradients(evidence: Evidence) -> Finding | None:
    last = evidence.last_gradient
    # A batch reads only a few rows of an embedding, so most of its gradient is zero.
    dense = [layer for layer in evidence.learning_layers if layer.type not in EMBEDDING_TYPES]
    small = {x.label: x.gradient for x in dense if x.gradient is not None and x.gradient < GRADIENT_RATIO * last}
    if not small:
        return None
    return Finding(
        code="vanishing_gradients",
        layers=tuple(small),
        seen=f"the smallest layer gradient is {min(small.values()):.1e}, that of the last layer {last:.1e}",
        advice="Use relu, gelu or silu with he_normal weights, fewer layers, residual blocks, or normalization.",
    )


def _exploding_gradients(evidence: Evidence) -> Finding | None:
    last, learning = evidence.last_gradient, evidence.learning_layers
    large = [x.label for x in learning if x.gradient is not None and x.gradient * GRADIENT_RATIO > last > 0]
    norms = evidence.series("gradient_norm")
    if not large and norms[-1] <= max(NORM_GROWTH * min(norms), 1.0):
        return None
    return Finding(
        code="exploding_gradients",
        layers=tuple(large),
        seen=f"the mean gradient norm is {norms[-1]:.1e}; the smallest of an epoch was {min(norms):.1e}",
        advice="Set clip_norm (start with 1), lower the learning_rate, or add normalization between layers.",
    )


def _dead_units(evidence: Evidence) -> Finding | None:
    dead = {x.label: x.dead for x in evidence.layers if x.dead is not None and x.dead >= DEAD_SHARE}
    if not dead:
        return None
    return Finding(
        code="dead_units",
        layers=tuple(dead),
        seen=f"in one layer, {max(dead.values()):.0%} of the units have a slope of zero for every sampled row",
        advice="Lower the learning_rate, add warm-up, use leaky_relu or gelu, or scale the inputs.",
    )


def _saturation(evidence: Evidence) -> Finding | None:
    saturated = {
        x.label: x.saturated for x in evidence.layers if x.saturated is not None and x.saturated >= SATURATED_SHARE
    }
    if not saturated:
        return None
    return Finding(
        code="saturation",
        layers=tuple(saturated),
        seen=f"in one layer, {max(saturated.values()):.0%} of the outputs are within 1 % of their bounds",
        advice="Scale the inputs, use smaller initial weights (glorot), add normalization, or use relu or gelu.",
    )


def _plateau(evidence: Evidence) -> Finding | None:
    losses = evidence.series("train_loss")
    if len(losses) <= PLATEAU_EPOCHS or losses[-1] <= SOLVED_SHARE * losses[0] or evidence.is_decayed:
        return None
    before, after = min(losses[:-PLATEAU_EPOCHS]), min(losses[-PLATEAU_EPOCHS:])
    if after <= before - PLATEAU_IMPROVEMENT * abs(before):
        return None
    return Finding(
        code="plateau",
        layers=(),
        seen=f"the lowest training loss is {evidence.shown(after)} in the last {PLATEAU_EPOCHS} epochs and "
        f"{evidence.shown(before)} before",
        advice="Lower the learning_rate with a schedule. If it was low from the start, raise it or widen the network.",
    )


def _overfitting(evidence: Evidence) -> Finding | None:
    if "val_loss" not in evidence.history[-1].metrics:
        return None
    validation, training = evidence.series("val_loss"), evidence.series("train_loss")
    best = validation.index(min(validation))
    latest = validation[best + 1 :][-OVERFIT_EPOCHS:]
    rises = len(latest) == OVERFIT_EPOCHS and _exceeds(min(latest), OVERFIT_FACTOR, validation[best])
    if not rises or training[-1] >= training[best] or validation[-1] <= training[-1]:
        return None
    return Finding(
        code="overfitting",
        layers=(),
        seen=f"since epoch {best + 1} the validation loss rose from {evidence.shown(validation[best])} to "
        f"{evidence.shown(validation[-1])}, while the training loss fell from {evidence.shown(training[best])} to "
        f"{evidence.shown(training[-1])}",
        advice="Use early stopping, dropout, weight decay, fewer units, or more rows.",
    )


def _class_imbalance(evidence: Evidence) -> Finding | None:
    counts = evidence.class_counts
    if len(counts) < 2 or min(counts) >= RARE_SHARE * max(counts):
        return None
    return Finding(
        code="class_imbalance",
        layers=(),
        seen=f"the rarest class has {min(counts)} rows, the most common one {max(counts)}",
        advice="Set class_weight to balanced, and look at more metrics than accuracy.",
    )


def _learning_rate_too_high(evidence: Evidence) -> Finding | None:
    if evidence.line_search:
        return None
    learning = _layers_with_usual_weights(evidence.learning_layers)
    large = [layer.label for layer in learning if _relative_step(layer) > LARGE_STEP]
    seen = [f"a step changes weights by up to {max(map(_relative_step, learning)):.1%} of their size"] if large else []
    seen += [text for text in (_rises(evidence), _burst(evidence)) if text]
    if not seen:
        return None
    return Finding(
        code="learning_rate_too_high",
        layers=tuple(large),
        seen=", and ".join(seen),
        advice="Divide the learning_rate by 3 to 10, add warm-up, or find a rate with range_test.",
    )


def _rises(evidence: Evidence) -> str | None:
    """Return that the training loss rose again and again, if it did."""
    losses = evidence.series("train_loss")
    recent, threshold = losses[-RECENT_EPOCHS:], SOLVED_SHARE * abs(losses[0])
    rises = sum(_exceeds(b, RISE_FACTOR, a) and b - a > threshold for a, b in itertools.pairwise(recent))
    return f"the training loss rose in {rises} of the last {len(recent)} epochs" if rises >= MIN_RISES else None


def _burst(evidence: Evidence) -> str | None:
    """Return that an epoch's loss was far above that of the untrained network, if it was: relu units die of it."""
    losses, first = evidence.series("train_loss"), evidence.first_loss
    first = losses[0] if first is None else first
    if not _exceeds(max(losses), BURST_FACTOR, first) or max(losses) <= 0:
        return None
    epoch = losses.index(max(losses)) + 1
    before = f"{evidence.shown(first)} before the first update"
    return f"the mean training loss was {evidence.shown(max(losses))} in epoch {epoch}, and {before}"


def _layers_with_usual_weights(learning: list[LayerStatistics]) -> list[LayerStatistics]:
    """Return the layers whose weights do not start small: not embeddings, and not the output if there are others."""
    usual = [layer for layer in learning if layer.type not in SMALL_WEIGHTS]
    return [layer for layer in usual if layer.label != OUTPUT.label] or usual


def _learning_rate_too_low(evidence: Evidence) -> Finding | None:
    losses = evidence.series("train_loss")
    is_solved = losses[-1] <= SOLVED_SHARE * losses[0]
    largest = max(map(_relative_step, evidence.learning_layers), default=math.inf)
    if is_solved or evidence.is_decayed or evidence.line_search or largest >= SMALL_STEP:
        return None
    return Finding(
        code="learning_rate_too_low",
        layers=(),
        seen=f"a step changes weights by at most {largest:.1e} of their size",
        advice="Multiply the learning_rate by 10, or find a rate with range_test.",
    )


CHECKS: tuple[Callable[[Evidence], Finding | None], ...] = (
    _vanishing_gradients,
    _exploding_gradients,
    _dead_units,
    _saturation,
    _plateau,
    _overfitting,
    _class_imbalance,
    _learning_rate_too_high,
    _learning_rate_too_low,
)


def _exceeds(loss: float, factor: float, base: float) -> bool:
    """Return whether a loss exceeds a base by a factor. Bases below 0 are exceeded by the same distance."""
    return loss - base > (factor - 1) * abs(base)


def _relative_step(layer: LayerStatistics) -> float:
    """Return the size of one update relative to the weights."""
    return layer.update / layer.weight if layer.update and layer.weight else 0.0
