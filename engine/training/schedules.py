"""Learning-rate schedules: pure functions of the step, except the plateau schedule, which follows a metric."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine.metrics.score import is_better
from engine.spec import (
    ConstantSpec,
    CosineSpec,
    CosLogSpec,
    ExponentialSpec,
    OneCycleSpec,
    PlateauSpec,
    ScheduleSpec,
    StepSpec,
)
from engine.spec.schedules import WarmupSpec

Schedule = Callable[[int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLength:
    """The planned length of a run."""

    steps_per_epoch: int
    epochs: int

    @property
    def last_step(self) -> int:
        """The index of the last step, from 0."""
        return self.steps_per_epoch * self.epochs - 1


def build_schedule(spec: ScheduleSpec, length: RunLength) -> Schedule:
    """Return the function from a step, counted from 0 over all epochs, to the factor of the learning rate.

    During a warm-up of w steps, step i is multiplied by (i + 1) / w. The cosine starts after the warm-up and reaches
    its final factor at the last step.
    """
    curve = _curve(spec, length)
    if not isinstance(spec, WarmupSpec) or not spec.warmup_steps:
        return curve
    return lambda step: min(1.0, (step + 1) / spec.warmup_steps) * curve(step)


def _curve(spec: ScheduleSpec, length: RunLength) -> Schedule:
    match spec:
        case ConstantSpec() | PlateauSpec():
            return lambda _: 1.0
        case StepSpec(factor=factor):
            period = spec.every_epochs * length.steps_per_epoch
            return lambda step: math.pow(factor, step // period)
        case ExponentialSpec(factor=factor):
            return lambda step: math.pow(factor, step / length.steps_per_epoch)
        case CosineSpec():
            return _cosine(spec, length.last_step)
        case CosLogSpec():
            return _coslog(spec, length.last_step)
        case OneCycleSpec():
            return _one_cycle(spec, length.last_step)


def _cosine(spec: CosineSpec, last: int) -> Schedule:
    """Return cosine decays. Each is `growth` times as long as the one before.

    Loshchilov and Hutter, 2017, equation 5.
    """
    decays, growth, final = spec.restarts + 1, spec.growth, spec.final_factor
    total = decays if growth == 1 else (growth**decays - 1) / (growth - 1)  # in lengths of the first decay
    first = max(1, last - spec.warmup_steps) / total

    def curve(step: int) -> float:
        done = max(0, step - spec.warmup_steps) / first
        index = int(done) if growth == 1 else int(math.log(done * (growth - 1) + 1, growth) + 1e-9)
        index = min(index, decays - 1)
        start = index if growth == 1 else (growth**index - 1) / (growth - 1)
        return _interpolate(1.0, final, (done - start) / growth**index)

    return curve


def _coslog(spec: CosLogSpec, last: int) -> Schedule:
    """Return cycles that become longer. A step counts as its middle, so that no step has the rate 0.

    Holzmüller, Grinsztajn and Steinwart, 2024, section 3.
    """
    span = 2**spec.cycles - 1
    return lambda step: 0.5 - 0.5 * math.cos(2 * math.pi * math.log2(1 + span * (step + 0.5) / (last + 1)))


def _one_cycle(spec: OneCycleSpec, last: int) -> Schedule:
    """Return a rise over the share `rise` of all steps, then a decay until the last one.

    With one or two steps, the last one has the full rate: otherwise no step would.
    """
    if last < 2:
        return lambda step: 1.0 if step >= last else spec.initial_factor
    peak = max(spec.rise * (last + 1) - 1, 1e-9)

    def curve(step: int) -> float:
        if step <= peak:
            return _interpolate(spec.initial_factor, 1.0, step / peak)
        return _interpolate(1.0, spec.final_factor, (step - peak) / max(1, last - peak))

    return curve


def _interpolate(first: float, final: float, progress: float) -> float:
    """Interpolate along half a cosine: `first` at 0, `final` at 1."""
    return final + (first - final) * 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, progress))))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateauState:
    """The state of a plateau schedule between epochs."""

    factor: float = 1.0  # of the learning rate
    reference: float | None = None  # the value to improve on
    epochs_without_improvement: int = 0
    cooldown_left: int = 0  # epochs that do not count yet


def update_plateau(state: PlateauState, spec: PlateauSpec, value: float) -> PlateauState:
    """Return the state after an epoch whose metric has this value."""
    if state.reference is None or is_better(spec.metric, value, state.reference, by=spec.min_delta):
        cooldown = max(0, state.cooldown_left - 1)
        return replace(state, reference=value, epochs_without_improvement=0, cooldown_left=cooldown)
    if state.cooldown_left:
        return replace(state, cooldown_left=state.cooldown_left - 1)
    waited = state.epochs_without_improvement + 1
    if waited < spec.patience:
        return replace(state, epochs_without_improvement=waited)
    factor = max(state.factor * spec.factor, spec.min_factor)
    return replace(state, factor=factor, epochs_without_improvement=0, cooldown_left=spec.cooldown)
