"""The learning-rate range test: a short run whose learning rate rises until the loss does."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from engine.events import Heartbeat
from engine.network import Network
from engine.spec import ConstantSpec, TrainingSpec
from engine.training import Rows, start, train

WINDOW = 20  # losses are smoothed over a tenth of the steps: a twentieth on either side
TOO_BAD = 3.0  # times the first loss above it: what follows teaches nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeTest:
    """What each learning rate did. `suggested` is a tenth of the rate with the lowest smoothed loss."""

    rates: tuple[float, ...]
    losses: tuple[float, ...]  # smoothed
    steepest: float  # where the loss fell fastest
    suggested: float


def range_test(  # noqa: PLR0913 - three of the six have defaults
    network: Network,
    spec: TrainingSpec,
    rows: Rows,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
) -> RangeTest:
    """Train for up to `steps` batches with rates from `lowest` to `highest`, evenly spaced on a logarithmic scale.

    Smith, 2017, section 3.3; smoothing and suggestion as commonly done since. The network keeps the weights that it
    had, or its initial ones, but is left with the working memory of a training.

    Raises:
        ValueError: the rows do not fit the network, the bounds are no range, or the optimizer searches by itself.
    """
    if not 0 < lowest < highest or steps < 2 or spec.optimizer.type == "lbfgs":
        raise ValueError("a range test needs a range, two steps, and an optimizer that does not search by itself")
    short = _without_ends(spec, -(-steps // -(-len(rows) // spec.batch_size)))
    growth = (highest / lowest) ** (1 / (steps - 1))
    rates = [lowest * growth**step for step in range(steps)]
    state = start(network, short, rows)
    before = network.parameters.vector.copy()
    rate = short.optimizer.learning_rate
    events = train(network, state, short, rows, schedule=lambda step: rates[min(step, steps - 1)] / rate)
    losses: list[float] = []
    for event in events:
        if isinstance(event, Heartbeat):
            losses.append(event.loss)
            if len(losses) == steps or event.loss > losses[0] + TOO_BAD * abs(losses[0]):
                break
    network.parameters.vector[:] = before
    return _summary(rates, losses)


def _without_ends(spec: TrainingSpec, epochs: int) -> TrainingSpec:
    """Return the same training without schedule, early stopping or accumulation, long enough for the test."""
    changes = {"schedule": ConstantSpec(), "early_stopping": None, "accumulate": 1, "averaging": None}
    return spec.model_copy(update={**changes, "epochs": epochs})


def _summary(rates: list[float], losses: list[float]) -> RangeTest:
    side = max(1, len(rates) // WINDOW)
    windows = [losses[max(0, step - side) : step + side + 1] for step in range(len(losses))]
    smoothed = [sum(window) / len(window) for window in windows]
    falls = [after - before for before, after in itertools.pairwise(smoothed)] or [math.nan]
    return RangeTest(
        rates=tuple(rates[: len(losses)]),
        losses=tuple(smoothed),
        steepest=rates[falls.index(min(falls))],
        suggested=rates[smoothed.index(min(smoothed))] / 10,
    )
