"""Comparisons of models as requests and responses show them."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from api.http.schemas import RequestBody, View, WarningView
from service.models.comparisons import Comparison
from tabular.evaluation.comparison.paired_test import SIGNIFICANCE, Verdict

SENTENCES = {
    "better": "The second model is better: its loss is {share:.1%} lower.",
    "worse": "The second model is worse: its loss is {share:.1%} higher.",
    "same": "No difference that matters was found.",
    "not_enough_rows": "These rows are too few to tell which model is better.",
}


class ComparisonBody(RequestBody):
    """Two models that predict the same column, and rows with the truth."""

    dataset_id: str = Field(min_length=1, description="Rows that have the column to predict.", examples=["ds_…"])
    model_ids: Annotated[list[str], Field(min_length=2, max_length=2)] = Field(
        description="The model in use and its challenger: the verdict is about the second.",
        examples=[["mdl_…a", "mdl_…b"]],
        json_schema_extra={"uniqueItems": True},
    )

    @model_validator(mode="after")
    def _check_different(self) -> "ComparisonBody":
        if len(set(self.model_ids)) < len(self.model_ids):
            raise ValueError("`model_ids` names one model twice. Name two models.")
        return self


class ComparedModelView(View):
    """The scores of one model."""

    model_id: str
    scores: dict[str, Any] = Field(
        description="By metric; by column to predict, if there are several.",
        examples=[{"accuracy": 0.861, "balanced_accuracy": 0.78, "log_loss": 0.312, "roc_auc": 0.917}],
    )


class DifferenceView(View):
    """The mean loss of the first model minus that of the second: above 0 if the second is better."""

    mean: float
    low: float | None = Field(description="The lower bound of the interval; null for one row.")
    high: float | None = Field(description="The upper bound of the interval; null for one row.")
    level: float = Field(description="How often such intervals contain the true difference.", examples=[0.99])
    relative: float | None = Field(description="The mean as a share of the first model's loss.")
    p_value: float = Field(description="How probable a difference at least as large is between equal models.")


class DifferentRowView(View):
    """A row where the losses of the models differ much."""

    row: int = Field(description="The number of the row in the data set, from 0.")
    truth: dict[str, Any]
    predictions: list[dict[str, Any]] = Field(description="What each model predicts.")
    losses: list[float]


class ComparisonView(View):
    """Two models on the same rows."""

    dataset_id: str
    rows: int = Field(description="Rows that were compared: those with the column to predict, at most 100,000.")
    total_rows: int = Field(description="Rows of the data set.")
    metric: Literal["log_loss", "squared_error", "mean_loss"] = Field(
        description="What the loss of a row is; `mean_loss` is the mean over several columns to predict."
    )
    models: list[ComparedModelView]
    difference: DifferenceView
    verdict: Verdict = Field(
        description="About the second model. `better` and `worse` need p < 0.01 and a difference above 0.5 % of the "
        "loss, `same` an interval narrower than 20 % of the loss."
    )
    summary: str = Field(examples=["The second model is better: its loss is 4.2% lower."])
    largest_differences: list[DifferentRowView]
    warnings: list[WarningView]

    @classmethod
    def of(cls, body: ComparisonBody, found: Comparison) -> "ComparisonView":
        """Return the view of a comparison."""
        test, is_bounded = found.test, found.rows > 1
        return cls(
            dataset_id=body.dataset_id,
            rows=found.rows,
            total_rows=found.total,
            metric=found.metric,
            models=[
                ComparedModelView(model_id=model_id, scores=scores)
                for model_id, scores in zip(body.model_ids, found.scores, strict=True)
            ],
            difference=DifferenceView(
                mean=test.difference,
                low=test.low if is_bounded else None,
                high=test.high if is_bounded else None,
                level=1 - SIGNIFICANCE,
                relative=test.relative,
                p_value=test.p_value,
            ),
            verdict=test.verdict,
            summary=SENTENCES[test.verdict].format(share=abs(test.relative or 0)),
            largest_differences=[DifferentRowView(**row) for row in found.largest],
            warnings=[WarningView(code=w.code, column=w.column, detail=w.detail, fix=w.fix) for w in found.warnings],
        )
