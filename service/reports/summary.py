"""What a training report says first: what was learned, how good it is, and how the training ended."""

from collections.abc import Iterator, Mapping
from typing import Any

from service.model_cards.descriptions import summarize
from service.reports.costs import TrainingCosts
from service.reports.phrases import count, duration, number, plural, share
from service.reports.used_data import UsedData
from store.tables import Job, Model

STOP_REASONS = {
    "epochs_done": "It trained all {epochs} epochs that the spec allows.",
    "early_stopped": "It stopped early: {metric} had not improved for {patience} epochs, so more training would not "
    "have helped.",
    "user_stop": "Its owner stopped it and kept the best weights so far.",
    "max_runtime": "It stopped at its time limit of {max_runtime} and kept the best weights so far.",
    "budget": "It stopped because its budget was used up, and kept the best weights so far.",
    "diverged": "It stopped because the loss became infinite, not a number, or very large.",
}
STATES = {
    "queued": "The job is waiting for a worker.",
    "running": "The job is running; this report shows what is known so far.",
    "paused": "The job is paused. Resume it to go on where it stopped.",
    "canceled": "The job was canceled, so it has no model. Retry it to train one.",
}


def summarize_job(job: Job, model: Model | None, data: UsedData, costs: TrainingCosts | None) -> Iterator[str]:
    """Yield the sentences that open a report."""
    yield summarize(model.preprocessing["target"]) if model else _goal(data)
    if data.rows is not None:
        columns = plural(len(data.features), "column")
        yield f"It learns from {plural(data.training_rows or data.rows, 'row')} and {columns}{_measured(job, data)}."
    if model and model.evaluation:
        yield from _score(model.evaluation)
    if costs and job.epoch:
        yield (
            f"Training took {duration(job.ran_seconds)} for {plural(job.epoch, 'epoch')} of "
            f"{plural(costs.rows_per_epoch, 'row')}: {count(costs.total_flops)} operations."
        )
    if job.state in STATES:
        yield STATES[job.state]


def describe_end(job: Job) -> Iterator[str]:
    """Yield why the training ended, or what went wrong and what to do."""
    if job.error:
        yield f"The job failed: {job.error.get('detail') or job.error.get('code')}"
    elif job.stop_reason:
        yield _stop_reason(job)
    if job.best and job.best.get("epoch") and job.stop_reason and not job.error:
        epoch = job.best["epoch"]
        which = "the last one" if epoch == job.epoch else f"the best of {plural(job.epoch, 'epoch')}"
        yield f"The model has the weights of epoch {count(epoch)}, {which}."
    runs = sum(each["state"] == "running" for each in job.transitions)
    if runs > 1:
        yield (
            f"It ran in {runs} parts, each from the last checkpoint of the one before. The result is the same as in "
            "one."
        )


def _measured(job: Job, data: UsedData) -> str:
    """Return which rows measure how good the model is."""
    if not data.validation_rows:
        return ""
    if (job.spec.get("training") or {}).get("validation", {}).get("folds"):
        return "; each row is also judged by a network that did not train on it"
    return f", and {plural(data.validation_rows, 'other row')} measure how good it is"


def _goal(data: UsedData) -> str:
    return f"The network is to predict {' and '.join(map(repr, data.targets))}."


def _stop_reason(job: Job) -> str:
    training = job.spec.get("training") or {}
    stopping = training.get("early_stopping") or {}
    text = STOP_REASONS.get(job.stop_reason or "", f"It stopped: {job.stop_reason}.")
    return text.format(
        epochs=count(job.epochs),
        metric=stopping.get("metric", "val_loss"),
        patience=stopping.get("patience", ""),
        max_runtime=duration(float(training.get("max_runtime_seconds") or 0)),
    )


def _score(evaluation: Mapping[str, Any]) -> Iterator[str]:
    """Yield how good the model is, beside the naive baseline."""
    baseline, rows = evaluation.get("baseline") or {}, evaluation.get("rows")
    where = f"On {plural(rows, 'row')} that it did not train on" if rows else "On rows that it did not train on"
    if _both(evaluation, baseline, "accuracy"):
        yield (
            f"{where}, {share(evaluation['accuracy'])} of the answers are right; always naming the most common class "
            f"would be right for {share(baseline['accuracy'])}."
        )
    elif _both(evaluation, baseline, "mae"):
        yield (
            f"{where}, the answers are off by {number(evaluation['mae'])} on average; always answering the mean "
            f"would be off by {number(baseline['mae'])}."
        )


def _both(evaluation: Mapping[str, Any], baseline: Mapping[str, Any], name: str) -> bool:
    return all(isinstance(each.get(name), int | float) for each in (evaluation, baseline))
