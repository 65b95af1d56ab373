"""Find a learning rate with a range test: a short run whose learning rate rises until the loss rises too."""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from engine.batches import Rows
from engine.network import Network
from engine.spec import ConstantSpec, RangeTestSpec, TrainingSpec
from engine.training.events import BatchEnd
from engine.training.loop import train
from engine.training.state import initialize_training

SMOOTHING_WINDOW = 20  # losses are smoothed over a tenth of the steps: a twentieth on either side
MIN_FALL = 4.0  # standard errors of the mean loss at the first rates, by which the loss has to fall
MAX_LOSS_GROWTH = 3.0  # stop when the loss has grown by this many times the first one


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeTestResult:
    """The loss at each learning rate. `suggested` is a tenth of the first rate with the lowest smoothed loss.

    Losses that differ by no more than their noise count as equal. `steepest` and `suggested` are None if the loss did
    not fall by more than its noise at any rate.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]  # smoothed
    steepest: float | None  # the rate where the loss fell fastest
    suggested: float | None


def run_range_test(
    network: Network, spec: TrainingSpec, rows: Rows, test: RangeTestSpec | None = None
) -> Generator[BatchEnd | RangeTestResult, None, None]:
    """Train for up to `test.steps` batches at rising rates, from the lowest to the highest, even on a log scale.

    Yields a BatchEnd per batch, and the RangeTestResult last. Smith, 2017, section 3.3; smoothing and suggestion
    follow later common practice. The network gets its weights back, or its initial ones, even if the caller leaves
    early. It keeps the memory for training, so call `initialize_training` afterward. The test uses random streams of
    its own.

    Raises:
        ValueError: the rows do not fit the network, or the optimizer is a line search.
    """
    test = test or RangeTestSpec()
    if spec.optimizer.type == "lbfgs":
        raise ValueError("A range test cannot be combined with lbfgs, which finds its own step sizes. Use adam or sgd.")
    short = _shorten(spec, -(-test.steps // -(-len(rows) // spec.batch_size)))
    growth = (test.highest / test.lowest) ** (1 / (test.steps - 1))
    rates = [test.lowest * growth**step for step in range(test.steps)]
    state = initialize_training(network, short, rows)
    original = network.parameters.vector.copy()
    rate, last = short.optimizer.learning_rate, test.steps - 1
    losses: list[float] = []
    try:
        for event in train(network, state, short, rows, schedule=lambda step: rates[min(step, last)] / rate):
            if isinstance(event, BatchEnd):
                losses.append(event.loss)
                yield event
                if len(losses) == test.steps or event.loss > losses[0] + MAX_LOSS_GROWTH * abs(losses[0]):
                    break
    finally:
        network.parameters.vector[:] = original
    yield _summarize(rates, losses)


def _shorten(spec: TrainingSpec, epochs: int) -> TrainingSpec:
    """Return the spec with this many epochs, without schedule, early stopping, accumulation or averaging."""
    changes = {"schedule": ConstantSpec(), "early_stopping": None, "accumulate": 1, "averaging": None}
    return spec.model_copy(update={**changes, "epochs": epochs})


def _summarize(rates: Sequence[float], losses: Sequence[float]) -> RangeTestResult:
    side = max(1, len(rates) // SMOOTHING_WINDOW)
    windows = [losses[max(0, step - side) : step + side + 1] for step in range(len(losses))]
    smoothed = [sum(window) / len(window) for window in windows]
    least = min(smoothed, default=0.0)
    noise = _noise(losses[: smoothed.index(least) + 1] if smoothed else ())  # before it rises again
    falls = bool(smoothed) and smoothed[0] - least > MIN_FALL * noise / math.sqrt(side + 1)
    margin = noise / math.sqrt(2 * side + 1)
    lowest = next((step for step, loss in enumerate(smoothed) if loss <= least + margin), 0) if falls else 0
    changes = [after - before for before, after in itertools.pairwise(smoothed)]
    return RangeTestResult(
        rates=tuple(rates[: len(losses)]),
        losses=tuple(smoothed),
        steepest=rates[changes.index(min(changes))] if lowest else None,
        suggested=rates[lowest] / 10 if lowest else None,
    )


def _noise(losses: Sequence[float]) -> float:
    """Return the standard deviation of a batch's loss around its trend, from the differences of successive losses."""
    squares = [(after - before) ** 2 for before, after in itertools.pairwise(losses)]
    return math.sqrt(sum(squares) / len(squares) / 2) if squares else 0.0
