"""Learning-rate schedules: pure functions of the step, but for the plateau's, which looks at a metric."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from engine import metrics
from engine.spec import ConstantSpec, CosineSpec, ExponentialSpec, OneCycleSpec, PlateauSpec, ScheduleSpec, StepSpec

Curve = Callable[[int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How long a run is planned to be."""

    steps_per_epoch: int
    epochs: int

    @property
    def last(self) -> int:
        """The number of the last step, from 0."""
        return self.steps_per_epoch * self.epochs - 1


def schedule(spec: ScheduleSpec, horizon: Horizon) -> Curve:
    """Return step -> what to multiply the learning rate by; steps count from 0 over all epochs.

    During warm-up, step i of w gets (i + 1) / w of what the schedule says. The cosine begins after
    the warm-up and reaches its final factor at the last step.
    """
    curve = _curve(spec, horizon)
    if isinstance(spec, OneCycleSpec) or not spec.warmup_steps:
        return curve
    return lambda step: min(1.0, (step + 1) / spec.warmup_steps) * curve(step)


def _curve(spec: ScheduleSpec, horizon: Horizon) -> Curve:
    match spec:
        case ConstantSpec() | PlateauSpec():
            return lambda _: 1.0
        case StepSpec(factor=factor):
            period = spec.every_epochs * horizon.steps_per_epoch
            return lambda step: math.pow(factor, step // period)
        case ExponentialSpec(factor=factor):
            return lambda step: math.pow(factor, step / horizon.steps_per_epoch)
        case CosineSpec():
            return _cosine(spec, horizon.last)
        case OneCycleSpec():
            return _one_cycle(spec, horizon.last)


def _cosine(spec: CosineSpec, last: int) -> Curve:
    """Return falls of lengths 1, growth, growth^2, ... of the first (Loshchilov and Hutter, 2017, equation 5)."""
    falls, growth, final = spec.restarts + 1, spec.growth, spec.final_factor
    whole = falls if growth == 1 else (growth**falls - 1) / (growth - 1)  # in lengths of the first fall
    first = max(1, last - spec.warmup_steps) / whole

    def curve(step: int) -> float:
        done = max(0, step - spec.warmup_steps) / first
        index = int(done) if growth == 1 else int(math.log(done * (growth - 1) + 1, growth) + 1e-9)
        index = min(index, falls - 1)
        begun = index if growth == 1 else (growth**index - 1) / (growth - 1)
        return _between(1.0, final, (done - begun) / growth**index)

    return curve


def _one_cycle(spec: OneCycleSpec, last: int) -> Curve:
    """Return a rise until the share `rise` of all steps, then a fall to the last one."""
    peak = max(spec.rise * (last + 1) - 1, 1e-9)

    def curve(step: int) -> float:
        if step <= peak:
            return _between(spec.initial_factor, 1.0, step / peak)
        return _between(1.0, spec.final_factor, (step - peak) / max(1, last - peak))

    return curve


def _between(first: float, final: float, done: float) -> float:
    """Return half a cosine from `first` at 0 to `final` at 1."""
    return final + (first - final) * 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, done))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plateau:
    """How long a metric has not improved, and what has come of it."""

    factor: float = 1.0  # to multiply the learning rate by
    reference: float | None = None  # the value to improve on
    waited: int = 0  # epochs since it was
    resting: int = 0  # epochs still not to be counted


def after_epoch(plateau: Plateau, spec: PlateauSpec, value: float) -> Plateau:
    """Return what has become of a plateau when an epoch's metric had a value."""
    if plateau.reference is None or metrics.is_better(spec.metric, value, plateau.reference, by=spec.min_delta):
        return replace(plateau, reference=value, waited=0, resting=max(0, plateau.resting - 1))
    if plateau.resting:
        return replace(plateau, resting=plateau.resting - 1)
    if plateau.waited + 1 < spec.patience:
        return replace(plateau, waited=plateau.waited + 1)
    factor = max(plateau.factor * spec.factor, spec.min_factor)
    return replace(plateau, factor=factor, waited=0, resting=spec.cooldown)
