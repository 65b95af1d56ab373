"""The learning-rate range test: a short run whose learning rate rises until the loss does."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from engine.batches import Rows
from engine.network import Network
from engine.spec import ConstantSpec, RangeTestSpec, TrainingSpec
from engine.training.events import BatchEnd
from engine.training.loop import train
from engine.training.state import initialize_training

WINDOW = 20  # losses are smoothed over a tenth of the steps: a twentieth on either side
TOO_BAD = 3.0  # times the first loss above it: what follows teaches nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeTestResult:
    """What each learning rate did. `suggested` is a tenth of the rate with the lowest smoothed loss.

    Without a rate at which the loss fell, `steepest` and `suggested` are None.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]  # smoothed
    steepest: float | None  # where the loss fell fastest
    suggested: float | None


def run_range_test(
    network: Network, spec: TrainingSpec, rows: Rows, test: RangeTestSpec | None = None
) -> Generator[BatchEnd | RangeTestResult, None, None]:
    """Train for up to `test.steps` batches with rates from the lowest to the highest, evenly spaced on a log scale.

    Yields a BatchEnd per batch, and the RangeTestResult last. Smith, 2017, section 3.3; smoothing and suggestion as
    commonly done since. The network keeps the weights that it had, or its initial ones, even if the test is left
    before its end, but has the working memory of a training: `start` that one afterwards. Streams of random numbers
    are the test's own.

    Raises:
        ValueError: the rows do not fit the network, or the optimizer searches by itself.
    """
    test = test or RangeTestSpec()
    if spec.optimizer.type == "lbfgs":
        raise ValueError("a range test needs an optimizer that does not search by itself")
    short = _without_ends(spec, -(-test.steps // -(-len(rows) // spec.batch_size)))
    growth = (test.highest / test.lowest) ** (1 / (test.steps - 1))
    rates = [test.lowest * growth**step for step in range(test.steps)]
    state = initialize_training(network, short, rows)
    before = network.parameters.vector.copy()
    rate, last = short.optimizer.learning_rate, test.steps - 1
    losses: list[float] = []
    try:
        for event in train(network, state, short, rows, schedule=lambda step: rates[min(step, last)] / rate):
            if isinstance(event, BatchEnd):
                losses.append(event.loss)
                yield event
                if len(losses) == test.steps or event.loss > losses[0] + TOO_BAD * abs(losses[0]):
                    break
    finally:
        network.parameters.vector[:] = before
    yield _summary(rates, losses)


def _without_ends(spec: TrainingSpec, epochs: int) -> TrainingSpec:
    """Return the same training without schedule, early stopping or accumulation, long enough for the test."""
    changes = {"schedule": ConstantSpec(), "early_stopping": None, "accumulate": 1, "averaging": None}
    return spec.model_copy(update={**changes, "epochs": epochs})


def _summary(rates: Sequence[float], losses: Sequence[float]) -> RangeTestResult:
    side = max(1, len(rates) // WINDOW)
    windows = [losses[max(0, step - side) : step + side + 1] for step in range(len(losses))]
    smoothed = [sum(window) / len(window) for window in windows]
    lowest = smoothed.index(min(smoothed)) if smoothed else 0
    falls = [after - before for before, after in itertools.pairwise(smoothed)]
    return RangeTestResult(
        rates=tuple(rates[: len(losses)]),
        losses=tuple(smoothed),
        steepest=rates[falls.index(min(falls))] if lowest else None,
        suggested=rates[lowest] / 10 if lowest else None,
    )
