"""The training loop.

    state = initialize_training(network, spec, rows)
    until the last epoch, early stopping or divergence:
        shuffle the rows
        for each batch:
            run forward and backward, which writes the gradient
            stop if loss or gradient is not finite; the parameters are still finite then
            when the gradient of an update is complete: clip it, step, regularize, average
            yield BatchEnd
        validate, keep the best parameters, count the epochs without improvement
        yield EpochEnd
    yield Stopped

`train` is a generator. The caller can store the state at any event, leave, and continue later.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence

from engine import streams
from engine.batches import Rows
from engine.diagnostics.divergence import find_diverged_layer
from engine.diagnostics.layer_statistics import LayerStatistics
from engine.memory import Array
from engine.network import Network
from engine.spec import TrainingSpec
from engine.training.epoch_end import end_epoch
from engine.training.events import BatchEnd, EpochEnd, Stopped, StopReason
from engine.training.fine_tuning import unfreeze
from engine.training.parallel.gradients import ShardedGradients
from engine.training.parallel.group import Group
from engine.training.run import TrainingRun, set_up
from engine.training.schedules import Schedule
from engine.training.state import Member, TrainingState
from engine.training.update import ParameterUpdate


def train(  # noqa: PLR0913 - clock and schedule are for tests and the learning-rate finder
    network: Network,
    state: TrainingState,
    spec: TrainingSpec,
    train_rows: Rows,
    validation_rows: Rows | None = None,
    *,
    members: Sequence[Member] = (),
    group: Group | None = None,
    clock: Callable[[], float] = time.monotonic,
    schedule: Schedule | None = None,
) -> Iterator[BatchEnd | EpochEnd | Stopped]:
    """Continue training from `state` to the end.

    Yields a BatchEnd per mini-batch, an EpochEnd per epoch, and Stopped last. `state` is complete at every event:
    dump it, load it anywhere, call `train` again, and the result has the same bits. With `class_weight`, the weights
    of the classes multiply the weights of the training rows. `schedule` replaces the spec's.

    `members`: networks that train beside this one, each on its own rows. All networks of a bag together have one score
    per epoch, on the validation rows of each, and keep the epoch where it is best. The epoch's metrics are those of
    bag 0; those of other bags have a prefix. If this network has no validation rows but members of its bag do, it is
    the network on all rows of a cross-validation, and the training loss is its own.
    Early stopping ends the run when no bag has improved for long enough.

    `group`: the processes that compute gradients, if the spec divides batches into shards; None: only this one.

    Training stops as "diverged" when a loss or gradient norm is not finite, or a loss exceeds the limit that
    `Loss.divergence_factor` sets. It stops before the update, so the parameters stay finite.

    Raises:
        ValueError: the rows do not fit the network, or the spec uses a metric that is not measured.
    """
    run = set_up(network, state, spec, train_rows, validation_rows, members=members)
    run.clock = clock
    run.schedule = schedule or run.schedule
    gradients = None if spec.processes is None else ShardedGradients(run, group)
    while (reason := _stop_reason(run)) is None:
        yield from _train_epoch(run, gradients)
    for each in (state, *state.members):
        if each.line_search:
            each.line_search.restore_accepted()
    yield Stopped(reason=reason, detail=dict(state.failure or {}))


def _stop_reason(run: TrainingRun) -> StopReason | None:
    state, spec = run.state, run.spec
    if state.failure:
        return "diverged"
    if state.epoch >= spec.epochs:
        return "epochs_done"
    patience = spec.early_stopping.patience if spec.early_stopping else math.inf
    waited = min(bag.leader.state.epochs_without_improvement for bag in run.bags)
    return "early_stopped" if waited >= patience else None


def _train_epoch(run: TrainingRun, gradients: ShardedGradients | None) -> Iterator[BatchEnd | EpochEnd]:
    """Train the remaining batches of the current epoch: those of the members first."""
    state, total = run.state, sum(part.batches.count for part in run.parts)
    last_time, done = run.clock(), 0
    for part in run.parts:
        if unfreeze(part.network, part.spec, part.state):
            part.update = ParameterUpdate(part.network, part.spec, part.state, part.batches)
        if part.spec.shuffle:
            _shuffle(part)
        if gradients:
            gradients.start_epoch(part)
        while part.state.batch < part.batches.count:
            loss = run.numpy_context.run(_train_batch, part, gradients)
            if part.state.failure:
                state.failure = part.state.failure
                return
            now = run.clock()
            state.totals.seconds += now - last_time
            last_time = now
            yield BatchEnd(epoch=state.epoch + 1, batch=done + part.state.batch, batches=total, loss=loss)
        done += part.batches.count
    metrics = end_epoch(run, last_time)
    if metrics is not None:
        yield EpochEnd(epoch=state.epoch, metrics=metrics, layers=_measure_layers(run))


def _shuffle(run: TrainingRun) -> None:
    """Draw the order of the epoch. In the middle of an epoch, draw the same order again."""
    state = run.state
    if state.batch:
        streams.move_to(state.shuffle, state.shuffle_start)
    state.shuffle_start = streams.position(state.shuffle)
    run.batches.shuffle(state.shuffle)


def _train_batch(run: TrainingRun, gradients: ShardedGradients | None) -> float:
    """Learn from one batch and return its mean loss. On divergence, record where and change nothing."""
    state, totals, update = run.state, run.state.totals, run.update
    x, targets, sample_weights = run.batches[state.batch]
    if gradients:
        loss = gradients.backpropagate(run)
    else:
        loss = run.network.backpropagate(x, targets, sample_weights, state.dropout)
    complete = update.add_gradient(state.batch)
    norm = update.gradient_norm()
    if _is_divergence(run, loss, norm):
        if state.line_search is None or state.line_search.accepted is None:
            state.failure = _describe_failure(run, x)
            return loss
        loss, norm = run.loss_limit(), 0.0  # finite, and too high for a line search to accept
    totals.loss += loss * len(x)
    totals.rows += len(x)
    if complete:
        totals.gradient_norm += norm
        totals.updates += 1
        _update_parameters(run)
    state.batch += 1
    return loss


def _is_divergence(run: TrainingRun, loss: float, norm: float) -> bool:
    """Check the loss and the gradient norm. The first batch's loss sets the limit of the run."""
    limit = run.state.loss_limit
    if limit is None:
        limit = run.network.loss.divergence_factor * max(loss, 1.0) if math.isfinite(loss) else 0.0
        run.state.loss_limit = limit
    return not (loss <= limit and norm < math.inf)  # also true for NaN


def _describe_failure(run: TrainingRun, x: Array) -> dict[str, int | str]:
    layer = find_diverged_layer(run.network, x)
    return {"epoch": run.state.epoch + 1, "batch": run.state.batch + 1, "layer": layer}


def _update_parameters(run: TrainingRun) -> None:
    """Update the parameters. In the last step of a monitored epoch, measure the update."""
    state, update = run.state, run.update
    learning_rate, loss = run.learning_rate(state.step), state.totals.loss / state.totals.rows
    update.clip()
    if run.monitor and state.batch == run.batches.count - 1 and run.monitor.is_due(state.epoch + 1):
        state.update_sizes = run.monitor.measure_update(lambda: update.apply(learning_rate, loss))
    else:
        update.apply(learning_rate, loss)


def _measure_layers(run: TrainingRun) -> tuple[LayerStatistics, ...]:
    """Return the layer statistics of a monitored epoch; empty for other epochs."""
    sizes, run.state.update_sizes = run.state.update_sizes, {}
    return run.without_warnings(run.monitor.measure_layers, sizes) if run.monitor and sizes else ()
