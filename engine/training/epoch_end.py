"""End an epoch: measure it, keep the best parameters, and track progress for early stopping and schedules."""

from __future__ import annotations

import math

from engine import metrics
from engine.spec import PlateauSpec
from engine.training.run import TrainingRun
from engine.training.schedules import update_plateau
from engine.training.state import Best, EpochTotals, TrainingState, evaluation_parameters_in_place


def end_epoch(run: TrainingRun, last_time: float) -> dict[str, float] | None:
    """Measure the epoch and return its metrics. Return None, and record the failure, if a loss is not finite.

    `last_time` is the time up to which the epoch's seconds are counted already.
    """
    state = run.state
    with evaluation_parameters_in_place(state):
        measured = {"train_loss": _train_loss(state), **run.without_warnings(_validate, run)}
        if not all(math.isfinite(value) for value in measured.values()):
            state.failure = {"epoch": state.epoch + 1, "batch": state.batch, "layer": "output"}
            return None
        measured["learning_rate"] = run.learning_rate(state.step - 1)
        measured["gradient_norm"] = state.totals.gradient_norm / state.totals.updates
        measured["seconds"] = state.totals.seconds + run.clock() - last_time
        state.epoch += 1
        state.batch = 0
        state.totals = EpochTotals()
        _keep_best(run, measured)
    _track_progress(run, measured)
    return measured


def _train_loss(state: TrainingState) -> float:
    """Return the mean loss over the epoch's rows. A line search reports its accepted point if that is better."""
    loss = state.totals.loss / state.totals.rows
    search = state.line_search
    return loss if search is None or search.accepted is None else min(loss, search.accepted_loss)


def _validate(run: TrainingRun) -> dict[str, float]:
    """Return loss and score on the validation rows; empty without them."""
    batches, network = run.validation, run.network
    if batches is None:
        return {}
    total = 0.0
    score = network.loss.score()
    for index in range(batches.count):
        x, targets, sample_weights = batches[index]
        logits = network.forward(x)
        score.add(logits, targets)
        total += network.loss(logits, targets, sample_weights) * len(x)
    scores = {f"val_{name}": value for name, value in score.metrics().items()}
    return {"val_loss": total / batches.rows, **scores}


def _selection_metric(run: TrainingRun) -> str:
    if run.spec.early_stopping:
        return run.spec.early_stopping.metric
    return "train_loss" if run.validation is None else "val_loss"


def _keep_best(run: TrainingRun, measured: dict[str, float]) -> None:
    """Copy the parameters if this epoch is the best so far.

    Without validation rows and early stopping, the last epoch counts as the best.
    """
    state, metric = run.state, _selection_metric(run)
    value, best = measured[metric], state.best
    if best is None:
        parameters = state.parameters.vector.copy()
        state.best = Best(state.epoch, metric, value, dict(measured), parameters)
        return
    keeps_last = run.spec.early_stopping is None and run.validation is None
    if keeps_last or metrics.is_better(metric, value, best.value):
        best.epoch, best.value, best.metrics = state.epoch, value, dict(measured)
        best.parameters[:] = state.parameters.vector


def _track_progress(run: TrainingRun, measured: dict[str, float]) -> None:
    """Count epochs without improvement and advance a plateau schedule.

    Epochs in which a line search rejected its point do not count as epochs without improvement.
    """
    state, stopping, schedule = run.state, run.spec.early_stopping, run.spec.schedule
    metric = _selection_metric(run)
    is_trial = state.line_search is not None and state.line_search.is_retrying
    min_delta = stopping.min_delta if stopping else 0.0
    reference = state.improvement_reference
    if reference is None or metrics.is_better(metric, measured[metric], reference, by=min_delta):
        state.improvement_reference, state.epochs_without_improvement = measured[metric], 0
    elif not is_trial:
        state.epochs_without_improvement += 1
    if isinstance(schedule, PlateauSpec) and not is_trial:
        state.plateau = update_plateau(state.plateau, schedule, measured[schedule.metric])
