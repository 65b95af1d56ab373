"""What is wrong with a run, by name, and what to do about it: judged from its epochs so far, without the network."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from engine.diagnostics.layer_statistics import LayerStatistics
from engine.training.events import EpochEnd

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

FALL = 1e-3  # gradient of one layer by that of another: so much smaller is vanishing, so much larger is exploding
GROWTH = 100.0  # of the mean gradient norm over the smallest epoch's: exploding
DEAD = 0.3  # share of a layer's units
SATURATED = 0.5  # share of a layer's outputs; about 0.1 is usual at the start (Glorot and Bengio, 2010, figure 2)
STILL_EPOCHS = 10  # without an improvement by STILL of the loss: a plateau
STILL = 1e-3
SOLVED = 0.01  # of the first epoch's loss: no plateau but the end
WORSE = 1.1  # times the best validation loss, OVERFIT_EPOCHS after it: overfitting
OVERFIT_EPOCHS = 3
RARE = 0.1  # rows of the rarest class by those of the commonest
WILD = 0.05  # update by weight, where 0.001 is usual: too high a learning rate
TIMID = 1e-5  # too low a learning rate
JUMP = 1.05  # times the epoch before: the loss rose, and if it did so in RISES of the last RECENT epochs it jumps about
RECENT = 8
RISES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong."""

    code: FindingCode
    layers: tuple[str, ...]  # labels; empty where it concerns the whole network
    seen: str  # with figures
    advice: str


def find(history: Sequence[EpochEnd], *, class_counts: Sequence[int] = ()) -> tuple[Finding, ...]:
    """Return what the epochs so far show, the latest ones counting most; nothing for a healthy run.

    `history` are the epochs in order; `class_counts` how many training rows each class has.
    """
    if not history:
        return ()
    layers = next((end.layers for end in reversed(history) if end.layers), ())
    learners = [layer for layer in layers if layer.gradient is not None and layer.update and layer.weight]
    return tuple(
        itertools.chain(
            _vanishing(learners),
            _exploding(history, learners),
            _dead(layers),
            _saturated(layers),
            _still(history),
            _overfitting(history),
            _imbalance(class_counts),
            _too_high(history, learners),
            _too_low(history, learners),
        )
    )


def _vanishing(learners: Sequence[LayerStatistics]) -> Iterator[Finding]:
    last = learners[-1].gradient or 0.0 if learners else 0.0
    dense = [x for x in learners if not x.label.endswith("embedding)")]  # of which a batch needs but a few rows
    faint = {x.label: x.gradient for x in dense if x.gradient is not None and x.gradient < FALL * last}
    if faint:
        yield Finding(
            code="vanishing_gradients",
            layers=tuple(faint),
            seen=f"gradients of {min(faint.values()):.1e} beside {last:.1e} in the last layer",
            advice="Use relu, gelu or silu with he_normal weights, fewer layers, residual blocks, or normalisation.",
        )


def _exploding(history: Sequence[EpochEnd], learners: Sequence[LayerStatistics]) -> Iterator[Finding]:
    last = learners[-1].gradient or 0.0 if learners else 0.0
    loud = [x.label for x in learners if x.gradient is not None and x.gradient * FALL > last > 0]
    norms = [end.metrics["gradient_norm"] for end in history]
    if loud or norms[-1] > max(GROWTH * min(norms), 1.0):
        yield Finding(
            code="exploding_gradients",
            layers=tuple(loud),
            seen=f"a mean gradient norm of {norms[-1]:.1e}, where {min(norms):.1e} was the smallest",
            advice="Set clip_norm (1 is a good start), take a smaller learning_rate, or normalise between layers.",
        )


def _dead(layers: Sequence[LayerStatistics]) -> Iterator[Finding]:
    dead = {x.label: x.dead for x in layers if x.dead is not None and x.dead >= DEAD}
    if dead:
        yield Finding(
            code="dead_units",
            layers=tuple(dead),
            seen=f"up to {max(dead.values()):.0%} of the units of a layer answer no row",
            advice="Take a smaller learning_rate or warm-up, leaky_relu or gelu, or scale the inputs.",
        )


def _saturated(layers: Sequence[LayerStatistics]) -> Iterator[Finding]:
    full = {x.label: x.saturated for x in layers if x.saturated is not None and x.saturated >= SATURATED}
    if full:
        yield Finding(
            code="saturation",
            layers=tuple(full),
            seen=f"up to {max(full.values()):.0%} of the outputs of a layer are within 1 % of their bounds",
            advice="Scale the inputs, start from smaller weights (glorot), normalise, or use relu or gelu instead.",
        )


def _still(history: Sequence[EpochEnd]) -> Iterator[Finding]:
    losses = [end.metrics["train_loss"] for end in history]
    if len(losses) <= STILL_EPOCHS or losses[-1] <= SOLVED * losses[0]:
        return
    before, after = min(losses[:-STILL_EPOCHS]), min(losses[-STILL_EPOCHS:])
    if after > before - STILL * abs(before):
        yield Finding(
            code="plateau",
            layers=(),
            seen=f"a training loss of {after:.4g}, and {before:.4g} before the last {STILL_EPOCHS} epochs",
            advice="Lower the learning_rate by a schedule; if it was low all along, raise it or widen the network.",
        )


def _overfitting(history: Sequence[EpochEnd]) -> Iterator[Finding]:
    if "val_loss" not in history[-1].metrics:
        return
    judged = [end.metrics["val_loss"] for end in history]
    losses = [end.metrics["train_loss"] for end in history]
    best = judged.index(min(judged))
    since = judged[best + 1 :][-OVERFIT_EPOCHS:]
    if len(since) == OVERFIT_EPOCHS and _above(min(since), WORSE, judged[best]) and losses[-1] < losses[best]:
        yield Finding(
            code="overfitting",
            layers=(),
            seen=f"since epoch {best + 1} the validation loss rose from {judged[best]:.4g} to {judged[-1]:.4g}, "
            f"while the training loss fell from {losses[best]:.4g} to {losses[-1]:.4g}",
            advice="Stop early, add dropout or weight decay, use fewer units, or give more rows.",
        )


def _imbalance(counts: Sequence[int]) -> Iterator[Finding]:
    if len(counts) > 1 and min(counts) < RARE * max(counts):
        yield Finding(
            code="class_imbalance",
            layers=(),
            seen=f"the rarest class has {min(counts)} rows, the commonest {max(counts)}",
            advice="Set class_weight to balanced, and judge by more than accuracy.",
        )


def _too_high(history: Sequence[EpochEnd], learners: Sequence[LayerStatistics]) -> Iterator[Finding]:
    wild = [x.label for x in learners if _share(x) > WILD]
    losses = [end.metrics["train_loss"] for end in history[-RECENT:]]
    size = SOLVED * abs(history[0].metrics["train_loss"])
    rises = sum(_above(b, JUMP, a) and b - a > size for a, b in itertools.pairwise(losses))
    seen = [f"a step changes weights by up to {max(map(_share, learners)):.1%} of their size"] if wild else []
    seen += [f"the training loss rose in {rises} of the last {len(losses)} epochs"] if rises >= RISES else []
    if seen:
        yield Finding(
            code="learning_rate_too_high",
            layers=tuple(wild),
            seen=", and ".join(seen),
            advice="Take a learning_rate 3 to 10 times as small, or warm-up; try the learning-rate range test.",
        )


def _too_low(history: Sequence[EpochEnd], learners: Sequence[LayerStatistics]) -> Iterator[Finding]:
    rates = [end.metrics["learning_rate"] for end in history]
    unsolved = history[-1].metrics["train_loss"] > SOLVED * history[0].metrics["train_loss"]
    largest = max(map(_share, learners), default=math.inf)
    if unsolved and largest < TIMID and rates[-1] > max(rates) / 2:  # small steps at the end of a schedule are meant
        yield Finding(
            code="learning_rate_too_low",
            layers=(),
            seen=f"a step changes weights by at most {largest:.1e} of their size",
            advice="Take a learning_rate 10 times as large; try the learning-rate range test.",
        )


def _above(loss: float, factor: float, base: float) -> bool:
    """Return whether a loss is more than `factor` times a base above 0, or as far above one below 0."""
    return loss - base > (factor - 1) * abs(base)


def _share(layer: LayerStatistics) -> float:
    """Return the size of one update beside that of the weights."""
    return layer.update / layer.weight if layer.update and layer.weight else 0.0
