"""Train a network: a generator of events, which whoever iterates may leave and resume at any of them."""

from __future__ import annotations

import contextvars
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from engine import metrics, streams
from engine.batches import Batches, Rows, check_rows
from engine.diagnostics import layer_statistics
from engine.diagnostics.layer_statistics import LayerStatistics
from engine.losses.class_weights import class_weights
from engine.memory import Array
from engine.network import BLOCK_ROWS, Network
from engine.spec import EarlyStoppingSpec, PlateauSpec, TrainingSpec
from engine.training import schedules
from engine.training.events import BatchEnd, EpochEnd, Stopped, StopReason
from engine.training.state import Tally, TrainingState, judged, keep_best
from engine.training.update import Update

OF_CLASSES = {"softmax_cross_entropy", "sigmoid_cross_entropy"}  # losses


@dataclass(slots=True, kw_only=True)
class _Run:
    """What a run is made of while it is in this process."""

    network: Network
    state: TrainingState
    spec: TrainingSpec
    batches: Batches
    validation: Batches | None
    schedule: Callable[[int], float]
    clock: Callable[[], float]
    update: Update
    watch: layer_statistics.Watch
    quiet: contextvars.Context  # where NumPy does not warn of overflow: divergence is found and named

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.spec.optimizer.learning_rate * self.schedule(step) * self.state.plateau.factor


def train(  # noqa: PLR0913 - three of the seven have defaults
    network: Network,
    state: TrainingState,
    spec: TrainingSpec,
    train_rows: Rows,
    validation_rows: Rows | None = None,
    *,
    clock: Callable[[], float] = time.monotonic,
    schedule: schedules.Curve | None = None,
) -> Iterator[BatchEnd | EpochEnd | Stopped]:
    """Train from where `state` stands, to the end.

    Yields a BatchEnd per mini-batch, an EpochEnd per epoch, and Stopped at last. Between any two events `state` is
    complete: dump it, load it anywhere, call `train` again, and the result is the same bits. With `class_weight`
    training rows weigh as much as their classes, times their own weights if they have some. `schedule` takes the
    place of the spec's.

    A loss or gradient norm that is not finite, or a loss beyond `Loss.divergence_factor`, ends the run as "diverged"
    before the update that it would have caused, so the parameters stay finite.

    Raises:
        ValueError: rows do not fit the network, or a metric that the spec goes by cannot be measured on them.
    """
    run = _prepare(network, state, spec, train_rows, validation_rows, clock=clock, schedule=schedule)
    while (reason := _finished(state, spec)) is None:
        yield from _epoch(run)
    if state.line_search:
        state.line_search.restore_accepted()
    yield Stopped(reason=reason, detail=dict(state.failure or {}))


def _prepare(  # noqa: PLR0913 - the same seven
    network: Network,
    state: TrainingState,
    spec: TrainingSpec,
    train_rows: Rows,
    validation_rows: Rows | None,
    *,
    clock: Callable[[], float],
    schedule: schedules.Curve | None,
) -> _Run:
    if spec.class_weight is not None:
        train_rows = _weighed(train_rows, spec.class_weight, network)
    validation = None
    if validation_rows:
        validation = Batches(check_rows(validation_rows, network), BLOCK_ROWS, shuffled=False)
    _refuse_unmeasurable(spec, network, measured=validation is not None)
    batch_size = min(spec.batch_size, len(train_rows))
    batches = Batches(check_rows(train_rows, network), batch_size, shuffled=spec.shuffle)
    quiet = contextvars.copy_context()
    quiet.run(np.seterr, all="ignore")
    update = Update(network, spec, state, batches)
    horizon = schedules.Horizon(steps_per_epoch=update.per_epoch, epochs=spec.epochs)
    return _Run(
        network=network,
        state=state,
        spec=spec,
        batches=batches,
        validation=validation,
        schedule=schedule or schedules.schedule(spec.schedule, horizon),
        clock=clock,
        update=update,
        watch=layer_statistics.Watch(network, batches.x, steps_per_epoch=batches.count, epochs=spec.epochs),
        quiet=quiet,
    )


def _weighed(rows: Rows, weighting: Literal["balanced"] | tuple[float, ...], network: Network) -> Rows:
    if network.loss.name not in OF_CLASSES:
        raise ValueError(f"class_weight is for classes, and the loss is {network.loss.name}")
    return Rows(rows.x, rows.y, class_weights(rows.y, weighting, rows.sample_weights))


def _refuse_unmeasurable(spec: TrainingSpec, network: Network, *, measured: bool) -> None:
    names = ("loss", *network.loss.score().names) if measured else ()
    possible = {"train_loss", *(f"val_{name}" for name in names)}
    wanted = {"early stopping": spec.early_stopping, "the schedule": spec.schedule}
    for user, part in wanted.items():
        if isinstance(part, (EarlyStoppingSpec, PlateauSpec)) and part.metric not in possible:
            raise ValueError(f"{user} goes by {part.metric}, but only {sorted(possible)} are measured")


def _finished(state: TrainingState, spec: TrainingSpec) -> StopReason | None:
    if state.failure:
        return "diverged"
    if state.epoch >= spec.epochs:
        return "epochs_done"
    patience = spec.early_stopping.patience if spec.early_stopping else math.inf
    return "early_stopped" if state.waited >= patience else None


def _epoch(run: _Run) -> Iterator[BatchEnd | EpochEnd]:
    """Do what is left of the epoch under way."""
    state, batches, tally = run.state, run.batches, run.state.tally
    before = run.clock()
    if run.spec.shuffle:
        _arrange(state, batches)
    while state.batch < batches.count:
        loss = run.quiet.run(_step, run)
        if state.failure:
            return
        now = run.clock()
        tally.seconds += now - before
        before = now
        yield BatchEnd(epoch=state.epoch + 1, batch=state.batch, batches=batches.count, loss=loss)
    measured = _close(run, before)
    if measured is not None:
        yield EpochEnd(epoch=state.epoch, metrics=measured, layers=_look(run))


def _arrange(state: TrainingState, batches: Batches) -> None:
    """Draw this epoch's order, or, in the middle of it, draw the same one again."""
    if state.batch:
        streams.move_to(state.shuffle, state.order)
    state.order = streams.position(state.shuffle)
    batches.shuffle(state.shuffle)


def _step(run: _Run) -> float:
    """Learn from one batch and return its mean loss; if that fails, note where and change nothing."""
    state, tally, update = run.state, run.state.tally, run.update
    x, targets, sample_weights = run.batches[state.batch]
    loss = run.network.backpropagate(x, targets, sample_weights, state.dropout)
    complete = update.collect(state.batch)
    norm = update.norm()
    if state.loss_limit is None:
        state.loss_limit = run.network.loss.divergence_factor * max(loss, 1.0) if math.isfinite(loss) else 0.0
    if not (loss <= state.loss_limit and norm < math.inf):  # also true of NaN
        if state.line_search is None or state.line_search.accepted is None:
            state.failure = _failure(run, x)
            return loss
        loss, norm = state.loss_limit, 0.0  # so bad that no line search accepts it, and still a number
    tally.loss += loss * len(x)
    tally.rows += len(x)
    if complete:
        tally.gradient_norm += norm
        tally.updates += 1
        _update(run)
    state.batch += 1
    return loss


def _update(run: _Run) -> None:
    """Update the parameters, with a look at how much they change if this is an epoch to look at."""
    state, update = run.state, run.update
    learning_rate, loss = run.learning_rate(state.step), state.tally.loss / state.tally.rows
    update.clip()
    if state.batch == run.batches.count - 1 and run.watch.is_due(state.epoch + 1):
        state.sizes = run.watch.update(lambda: update.apply(learning_rate, loss))
    else:
        update.apply(learning_rate, loss)


def _look(run: _Run) -> tuple[LayerStatistics, ...]:
    """Return how the layers are doing if this was an epoch to look at them."""
    sizes, run.state.sizes = run.state.sizes, {}
    return run.quiet.run(run.watch.look, sizes) if sizes else ()


def _failure(run: _Run, x: Array) -> dict[str, Any]:
    layer = layer_statistics.culprit(run.network, x)
    return {"epoch": run.state.epoch + 1, "batch": run.state.batch + 1, "layer": layer}


def _close(run: _Run, before: float) -> dict[str, float] | None:
    """End the epoch: measure, compare with the best, start a new tally. None if the loss is not finite any more."""
    state, tally = run.state, run.state.tally
    with judged(state):
        measured = {"train_loss": _train_loss(state), **run.quiet.run(_validate, run)}
        if not all(math.isfinite(value) for value in measured.values()):
            state.failure = {"epoch": state.epoch + 1, "batch": state.batch, "layer": "output"}
            return None
        measured["learning_rate"] = run.learning_rate(state.step - 1)
        measured["gradient_norm"] = tally.gradient_norm / tally.updates
        measured["seconds"] = tally.seconds + run.clock() - before
        state.epoch += 1
        state.batch = 0
        state.tally = Tally()
        _judge(run, measured)
    return measured


def _train_loss(state: TrainingState) -> float:
    """Return the mean over the epoch's rows; where a line search went too far, the loss at the point it left."""
    loss = state.tally.loss / state.tally.rows
    search = state.line_search
    return loss if search is None or search.accepted is None else min(loss, search.accepted_loss)


def _validate(run: _Run) -> dict[str, float]:
    """Return loss and score on the validation rows, if there are any."""
    blocks, network = run.validation, run.network
    if blocks is None:
        return {}
    total = 0.0
    score = network.loss.score()
    for index in range(blocks.count):
        x, targets, sample_weights = blocks[index]
        logits = network.forward(x)
        score.add(logits, targets)
        total += network.loss(logits, targets, sample_weights) * len(x)
    return {
        "val_loss": total / blocks.rows,
        **{f"val_{name}": value for name, value in score.metrics().items()},
    }


def _judge(run: _Run, measured: dict[str, float]) -> None:
    """Keep the best epoch, or the last where nothing chooses, and count how long early stopping has waited.

    What a line search only tried is no epoch to wait for, nor one to lower the learning rate after.
    """
    state, stopping = run.state, run.spec.early_stopping
    validated = run.validation is not None
    metric = stopping.metric if stopping else ("val_loss" if validated else "train_loss")
    value = measured[metric]
    chooses = stopping is not None or validated  # else the last epoch is the one to keep
    better = state.best is None or not chooses or metrics.is_better(metric, value, state.best.value)
    keep_best(state, metric, measured, better=better)
    is_trial = state.line_search is not None and state.line_search.is_retrying
    enough = stopping.min_delta if stopping else 0.0
    if state.reference is None or metrics.is_better(metric, value, state.reference, by=enough):
        state.reference, state.waited = value, 0
    elif not is_trial:
        state.waited += 1
    if isinstance(run.spec.schedule, PlateauSpec) and not is_trial:
        schedule = run.spec.schedule
        state.plateau = schedules.after_epoch(state.plateau, schedule, measured[schedule.metric])
