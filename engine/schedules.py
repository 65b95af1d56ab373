"""Learning-rate schedules: pure functions of the step."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from engine.spec import ConstantSpec, CosineSpec, ExponentialSpec, ScheduleSpec, StepSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How long a run is planned to be."""

    steps_per_epoch: int
    epochs: int


def schedule(spec: ScheduleSpec, horizon: Horizon) -> Callable[[int], float]:
    """Return step -> what to multiply the learning rate by; steps count from 0 over all epochs.

    During warm-up, step i of w gets (i + 1) / w of what the schedule says. The cosine begins after
    the warm-up (Loshchilov and Hutter, 2017, one cycle) and reaches its final factor at the last step.
    """
    curve = _curve(spec, horizon)
    if not spec.warmup_steps:
        return curve
    return lambda step: min(1.0, (step + 1) / spec.warmup_steps) * curve(step)


def _curve(spec: ScheduleSpec, horizon: Horizon) -> Callable[[int], float]:
    match spec:
        case ConstantSpec():
            return lambda _: 1.0
        case StepSpec(factor=factor):
            period = spec.every_epochs * horizon.steps_per_epoch
            return lambda step: math.pow(factor, step // period)
        case ExponentialSpec(factor=factor):
            return lambda step: math.pow(factor, step / horizon.steps_per_epoch)
        case CosineSpec(final_factor=final):
            first, last = spec.warmup_steps, horizon.steps_per_epoch * horizon.epochs - 1
            return lambda step: final + (1 - final) * _falling((step - first) / max(1, last - first))


def _falling(done: float) -> float:
    """Return half a cosine from 1 at 0 to 0 at 1."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, done))))
