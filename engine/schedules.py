"""Learning-rate schedules: pure functions of the step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.spec import ConstantSpec, CosineSpec, ExponentialSpec, StepSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How long a run is planned to be."""

    steps_per_epoch: int
    epochs: int


def factor(spec: ConstantSpec | StepSpec | ExponentialSpec | CosineSpec, step: int, horizon: Horizon) -> float:
    """Return what to multiply the learning rate by at a step, counted from 0 over all epochs.

    During warm-up, step i of w gets (i + 1) / w of what the schedule says. The cosine begins after
    the warm-up (Loshchilov and Hutter, 2017, one cycle) and reaches its final factor at the last step.
    """
    rising = min(1.0, (step + 1) / spec.warmup_steps) if spec.warmup_steps else 1.0
    match spec:
        case ConstantSpec():
            return rising
        case StepSpec(every_epochs=every):
            return rising * float(spec.factor ** (step // (every * horizon.steps_per_epoch)))
        case ExponentialSpec():
            return rising * float(spec.factor ** (step / horizon.steps_per_epoch))
        case CosineSpec(final_factor=final):
            last = horizon.steps_per_epoch * horizon.epochs - 1
            done = (step - spec.warmup_steps) / max(1, last - spec.warmup_steps)
            turned = 0.5 * (1 + math.cos(math.pi * min(1.0, max(0.0, done))))
            return rising * (final + (1 - final) * turned)
