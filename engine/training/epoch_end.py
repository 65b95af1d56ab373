"""End an epoch: measure it, keep the best parameters, and track progress for early stopping and schedules."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace

import numpy as np

from engine.metrics.score import Score, is_better
from engine.spec import PlateauSpec
from engine.training.run import Bag, TrainingRun, requested_metrics
from engine.training.schedules import update_plateau
from engine.training.state import Best, EpochTotals, TrainingState, evaluation_parameters_in_place


def end_epoch(run: TrainingRun, last_time: float) -> dict[str, float] | None:
    """Measure the epoch and return its metrics. Return None, and record the failure, if a loss is not finite.

    `last_time` is the time up to which the epoch's seconds are counted already.
    """
    state, bags = run.state, run.bags
    with ExitStack() as stack:
        for part in run.parts:
            stack.enter_context(evaluation_parameters_in_place(part.state))
        measured = [run.without_warnings(_measure, bag) for bag in bags]
        if not all(math.isfinite(value) for each in measured for value in each.values()):
            state.failure = {"epoch": state.epoch + 1, "batch": state.batch, "layer": "output"}
            return None
        measured[0]["learning_rate"] = run.learning_rate(state.step - 1)
        measured[0]["gradient_norm"] = state.totals.gradient_norm / state.totals.updates
        measured[0]["seconds"] = state.totals.seconds + run.clock() - last_time
        for part in run.parts:
            part.state.epoch += 1
            part.state.batch = 0
            part.state.totals = EpochTotals()
        for bag, each in zip(bags, measured, strict=True):
            _keep_best(bag, each)
    for bag, each in zip(bags, measured, strict=True):
        _track_progress(bag, each)
    return _join(measured)


def _join(measured: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the metrics of all bags. Those of the second bag begin with "bag_1_", and so on."""
    others = enumerate(measured[1:], start=1)
    return measured[0] | {f"bag_{number}_{name}": value for number, each in others for name, value in each.items()}


def _measure(bag: Bag) -> dict[str, float]:
    """Return the losses and the score of a bag."""
    rows = sum(part.state.totals.rows for part in bag.trained)
    loss = sum(_train_loss(part.state) * part.state.totals.rows for part in bag.trained) / rows
    return {"train_loss": loss, **_validate(bag)}


def _train_loss(state: TrainingState) -> float:
    """Return the mean loss over the epoch's rows. A line search reports its accepted point if that is better."""
    loss = state.totals.loss / state.totals.rows
    search = state.line_search
    return loss if search is None or search.accepted is None else min(loss, search.accepted_loss)


def _validate(bag: Bag) -> dict[str, float]:
    """Return loss and score on the validation rows; empty without them."""
    if not bag.evaluated:
        return {}
    score = bag.leader.network.loss.score(requested_metrics(bag.leader.spec))
    total = sum(_add_losses(part, score) for part in bag.evaluated)
    weight = sum(part.validation.rows * part.validation.mean_weight for part in bag.evaluated if part.validation)
    scores = {f"val_{name}": value for name, value in score.metrics().items()}
    return {"val_loss": total / weight, **scores}


def _add_losses(run: TrainingRun, score: Score) -> float:
    """Return the weighted sum of the losses on a network's validation rows, and add its outputs to the score."""
    total, batches, network = 0.0, run.validation, run.network
    if batches is None:
        return total
    for index in range(batches.count):
        x, targets, sample_weights = batches[index]
        logits = network.forward(x)
        weight = len(x) * batches.mean_weight
        score.add(logits, targets, sample_weights.astype(np.float64) * weight if batches.is_weighted else None)
        total += network.loss(logits, targets, sample_weights) * weight
    return total


def _keep_best(bag: Bag, measured: dict[str, float]) -> None:
    """Copy the parameters of all networks of a bag if this epoch is its best so far.

    Without validation rows and early stopping, the last epoch counts as the best.
    """
    metric, best = bag.selection_metric, bag.leader.state.best
    value = measured[metric]
    keeps_last = bag.leader.spec.early_stopping is None and not bag.evaluated
    if best is None or keeps_last or is_better(metric, value, best.value):
        for part in bag.parts:
            _copy_best(part.state, metric, measured)


def _copy_best(state: TrainingState, metric: str, measured: dict[str, float]) -> None:
    if state.best is None:
        parameters = state.parameters.vector.copy()
        state.best = Best(state.epoch, metric, measured[metric], dict(measured), parameters)
        return
    state.best.epoch, state.best.value, state.best.metrics = state.epoch, measured[metric], dict(measured)
    state.best.parameters[:] = state.parameters.vector


def _track_progress(bag: Bag, measured: dict[str, float]) -> None:
    """Count epochs without improvement and advance a plateau schedule.

    Epochs in which a line search rejected its point do not count as epochs without improvement.
    """
    state, stopping, schedule = bag.leader.state, bag.leader.spec.early_stopping, bag.leader.spec.schedule
    metric = bag.selection_metric
    is_trial = state.line_search is not None and state.line_search.is_retrying
    min_delta = stopping.min_delta if stopping else 0.0
    reference = state.improvement_reference
    if reference is None or is_better(metric, measured[metric], reference, by=min_delta):
        state.improvement_reference, state.epochs_without_improvement = measured[metric], 0
    elif not is_trial:
        state.epochs_without_improvement += 1
    if isinstance(schedule, PlateauSpec) and not is_trial:
        state.plateau = update_plateau(state.plateau, schedule, measured[schedule.metric])
    for part in bag.parts:
        part.state.plateau = replace(state.plateau)
