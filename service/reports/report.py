"""Collect what a training report says from a job, its epochs, its data set and its model."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from service.model_cards.descriptions import describe_spec
from service.reports.cost_words import describe_costs, describe_fine_tuning
from service.reports.costs import TrainingCosts, training_costs
from service.reports.fine_tuning import FineTuning, fine_tuning_costs
from service.reports.learning_words import Stage, describe_weight, stages
from service.reports.summary import describe_end, summarize_job
from service.reports.used_data import UsedData, used_data
from store.artifacts import datasets, models
from store.db.transaction import Tx
from store.errors import NotFound
from store.ids import ProjectId
from store.jobs import epochs, jobs
from store.tables import Dataset, Job, Model
from tabular.planning.plan import Plan
from tabular.planning.serialization import from_spec

log = logging.getLogger(__name__)

MAX_POINTS = 200  # of the curves
MAX_LAYER_EPOCHS = 60  # with layer statistics


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A part that the report does not have, and why."""

    part: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the report says in sentences; `stages` explain backpropagation with the job's own numbers."""

    summary: tuple[str, ...] = ()
    spec: tuple[str, ...] = ()
    stages: tuple[Stage, ...] = ()
    weight: tuple[str, ...] = ()
    costs: tuple[str, ...] = ()
    fine_tuning: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingReport:
    """Everything that is known about a training so far.

    curve: at most MAX_POINTS epochs with their metrics. layers: epochs with the statistics of each layer. step: one
    measured training step of a network of the model. Parts that are not known are None or empty, and in `missing`.
    """

    job: Job
    dataset: Dataset | None
    model: Model | None
    data: UsedData
    curve: tuple[dict[str, Any], ...]
    layers: tuple[dict[str, Any], ...]
    step: Mapping[str, Any] | None
    costs: TrainingCosts | None
    fine_tuning: tuple[FineTuning, ...]
    words: Words
    missing: tuple[Missing, ...]


def read_report(tx: Tx, project: ProjectId, job_id: str) -> TrainingReport:
    """Return the report on the project's job, as far as it has come. Raises `NotFound`."""
    job = jobs.get(tx, project, job_id)
    model = models.get(tx, project, job.model_id) if job.model_id else None
    dataset = _dataset(tx, project, job.dataset_id)
    plan = _plan(job)
    step = model.backpropagation if model else None
    costs = training_costs(job, plan, model) if plan else None
    report = TrainingReport(
        job=job,
        dataset=dataset,
        model=model,
        data=used_data(job, dataset, model),
        curve=tuple({"epoch": row.epoch, **_metrics(row.metrics)} for row in _curve(tx, job)),
        layers=tuple({"epoch": row.epoch, "layers": row.metrics["layers"]} for row in _layers(tx, job)),
        step=step,
        costs=costs,
        fine_tuning=fine_tuning_costs(plan, model, costs, step) if plan and costs else (),
        words=Words(),
        missing=(),
    )
    return replace(report, words=_words(report), missing=tuple(_missing(report)))


def _dataset(tx: Tx, project: ProjectId, dataset_id: str) -> Dataset | None:
    try:
        return datasets.get(tx, project, dataset_id)
    except NotFound:
        return None


def _plan(job: Job) -> Plan | None:
    """Return the plan of the job's spec; None if this version cannot read it."""
    try:
        return from_spec(job.spec)
    except (ValueError, KeyError) as error:
        log.warning("Cannot read the spec of job %s for its report: %s", job.id, error)
        return None


def _curve(tx: Tx, job: Job) -> Sequence[Any]:
    return epochs.downsampled(tx, job.id, 0, MAX_POINTS)


def _layers(tx: Tx, job: Job) -> Sequence[Any]:
    return epochs.with_layer_statistics(tx, job.id, MAX_LAYER_EPOCHS)


def _metrics(metrics: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in metrics.items() if name != "layers"}


def _words(report: TrainingReport) -> Words:
    job, costs, step = report.job, report.costs, report.step
    return Words(
        summary=tuple(summarize_job(job, report.model, report.data, costs)),
        spec=tuple(describe_spec(job.spec, _architecture(report))),
        stages=tuple(stages(job, step, costs, report.data.classes)) if step and costs else (),
        weight=tuple(describe_weight(step)) if step else (),
        costs=tuple(describe_costs(job, costs, step)) if costs else (),
        fine_tuning=tuple(describe_fine_tuning(costs, report.fine_tuning)) if costs else (),
        end=tuple(describe_end(job)),
    )


def _architecture(report: TrainingReport) -> Mapping[str, Any]:
    """Return the architecture of the model; before there is one, that of the spec."""
    if report.model:
        return report.model.architecture
    spec = report.job.spec
    inputs, loss = spec.get("inputs_at_most", 0), spec.get("loss")
    return {
        "inputs": inputs,
        "layers": (spec.get("model") or {}).get("layers", []),
        "loss": loss if isinstance(loss, dict) else {"type": loss},
    }


def _missing(report: TrainingReport) -> Iterator[Missing]:
    job = report.job
    unfinished = {
        "queued": "The job has not started.",
        "running": "The job is still running.",
        "paused": "The job is paused.",
        "failed": "The job failed before it had a model.",
        "canceled": "The job was canceled, so it has no model.",
    }
    deleted = "The model was deleted."
    without_model = unfinished.get(job.state, deleted)
    if report.dataset is None:
        yield Missing(part="data", reason="The data set was deleted.")
    if report.costs is None:
        yield Missing(part="costs", reason="This version cannot read the spec, which an earlier version wrote.")
    if not report.curve:
        yield Missing(part="curve", reason="No epoch has ended yet." if job.epochs else "The job trains no epochs.")
    elif not report.layers:
        yield Missing(part="layers", reason="No epoch with layer statistics was recorded.")
    if report.model is None:
        for part in ("evaluation", "contributions", "step"):
            yield Missing(part=part, reason=without_model)
        return
    if report.model.evaluation is None:
        yield Missing(part="evaluation", reason="No rows were held out, so nothing measures how good the model is.")
    if not report.model.contributions:
        yield Missing(
            part="contributions", reason="The model was trained by an earlier version, which did not measure them."
        )
    if report.step is None:
        yield Missing(part="step", reason="No training step was measured: an earlier version trained the model.")
