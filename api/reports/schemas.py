"""Training reports as responses show them."""

from dataclasses import asdict
from typing import Any, get_args

from pydantic import Field

from api.http.schemas import View, WarningView
from api.reports.cost_schemas import ActualView, CostsView, FineTuningView
from api.reports.step_schemas import StepView
from engine.diagnostics.findings import FindingCode
from service.reports.report import TrainingReport
from store.clock import rfc3339
from store.tables import Dataset, Job

FINDINGS = frozenset(get_args(FindingCode))


class ReportDatasetView(View):
    """The data set of the job."""

    id: str
    name: str
    rows: int
    columns: int
    warnings: list[WarningView]

    @classmethod
    def of(cls, dataset: Dataset) -> "ReportDatasetView":
        """Return the view of a stored data set."""
        columns = len(dataset.columns)
        return cls(id=dataset.id, name=dataset.name, rows=dataset.rows, columns=columns, warnings=dataset.warnings)


class LeftOutView(View):
    """A column that is no feature."""

    column: str
    reason: str


class UsedDataView(View):
    """The rows and columns that the training used."""

    dataset: ReportDatasetView | None = Field(description="Null if the data set was deleted.")
    targets: list[str]
    features: list[str]
    rows: int | None = Field(description="Rows that have a target.")
    training_rows: int | None
    validation_rows: int | None = Field(description="Rows that the networks do not train on, and that evaluate them.")
    left_out: list[LeftOutView] = Field(description="Columns that are no features, each with the reason.")
    notes: list[str] = Field(description="Sentences about rows that were left out.")


class LayerStatisticsView(View):
    """The statistics of all layers in one epoch."""

    epoch: int
    layers: list[dict[str, Any]] = Field(
        description="For each layer: `label`; the sizes (root mean squares) of `gradient`, `weight`, `update` and "
        "`activation`; the shares of `dead` units and `saturated` outputs."
    )


class EndView(View):
    """How the training ended."""

    stop_reason: str | None
    error: dict[str, Any] | None
    in_words: list[str]


class MissingView(View):
    """A part of the report that is not known."""

    part: str = Field(examples=["evaluation"])
    reason: str = Field(examples=["The job is still running."])


class ReportView(View):
    """A training report: what is known about a job so far."""

    job_id: str
    name: str
    state: str
    created_at: str
    started_at: str | None
    finished_at: str | None
    model_id: str | None
    summary: list[str] = Field(description="What was learned, how good it is, and what it took, in sentences.")
    data: UsedDataView
    spec: dict[str, Any] = Field(description="The spec of the job, with every default filled in.")
    spec_in_words: list[str]
    curve: list[dict[str, Any]] = Field(description="Metrics by epoch, at most 200 points.")
    layers: list[LayerStatisticsView] = Field(description="Layer statistics, at most 60 epochs.")
    findings: list[WarningView] = Field(description="Problems of the training that the service recognized.")
    warnings: list[WarningView] = Field(description="Other warnings of the job.")
    evaluation: dict[str, Any] | None = Field(
        description="As `GET /v1/models/{id}/evaluation`: scores on rows that were not used for training, beside those "
        "of a naive baseline."
    )
    contributions: dict[str, Any] | None = Field(
        description="As `GET /v1/models/{id}/contributions`: how much each layer and the largest weights contributed "
        "to the error."
    )
    how_it_learned: StepView | None = Field(
        description="One training step, measured after the training: forward pass, loss, backward pass and update, "
        "layer by layer."
    )
    costs: CostsView | None
    fine_tuning: FineTuningView | None = Field(description="What fine-tuning instead would have cost.")
    estimate: dict[str, Any] = Field(description="What was expected before the training.")
    actual: ActualView
    end: EndView
    transitions: list[dict[str, Any]]
    missing: list[MissingView] = Field(description="Parts that are not known, each with the reason.")

    @classmethod
    def of(cls, report: TrainingReport) -> "ReportView":
        """Return the view of a report."""
        job, model, words = report.job, report.model, report.words
        return cls(
            job_id=job.id,
            name=job.name,
            state=job.state,
            created_at=rfc3339(job.created_at),
            started_at=_time(job.started_at),
            finished_at=_time(job.finished_at),
            model_id=job.model_id,
            summary=list(words.summary),
            data=_data(report),
            spec=job.spec,
            spec_in_words=list(words.spec),
            curve=list(report.curve),
            layers=[LayerStatisticsView(**each) for each in report.layers],
            findings=[warning for warning in job.warnings if warning["code"] in FINDINGS],
            warnings=[warning for warning in job.warnings if warning["code"] not in FINDINGS],
            evaluation=model.evaluation if model else None,
            contributions=model.contributions or None if model else None,
            how_it_learned=StepView.of(report.step, words) if report.step else None,
            costs=CostsView.of(report.costs, words.costs) if report.costs else None,
            fine_tuning=FineTuningView.of(report.fine_tuning, words.fine_tuning) if report.fine_tuning else None,
            estimate=job.estimate,
            actual=ActualView.of(job),
            end=_end(job, words.end),
            transitions=job.transitions,
            missing=[MissingView(**asdict(each)) for each in report.missing],
        )


def _data(report: TrainingReport) -> UsedDataView:
    dataset, used = report.dataset, report.data
    return UsedDataView(
        dataset=ReportDatasetView.of(dataset) if dataset else None,
        targets=list(used.targets),
        features=list(used.features),
        rows=used.rows,
        training_rows=used.training_rows,
        validation_rows=used.validation_rows,
        left_out=[LeftOutView(**asdict(each)) for each in used.left_out],
        notes=list(used.notes),
    )


def _end(job: Job, words: tuple[str, ...]) -> EndView:
    return EndView(stop_reason=job.stop_reason, error=job.error, in_words=list(words))


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else rfc3339(milliseconds)
