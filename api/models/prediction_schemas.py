"""Rows to predict and their predictions."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api.http.schemas import RequestBody, View


class PredictionsRequest(RequestBody):
    """Rows to predict: columns and notation as in the uploaded file, without preprocessing on your side."""

    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=10_000)] = Field(
        description="Each row maps column names to values. A column that is left out is a missing value.",
        examples=[[{"age": 39, "workclass": "State-gov"}]],
    )
    explain: bool = Field(
        default=False,
        description="Add `contributions`: how much each column contributes to the answer. "
        "At most 1,000 rows in one request, fewer for large networks.",
    )
    interval: float | None = Field(
        default=None,
        ge=0.5,
        le=0.99,
        description="Add an `interval` to each number and a `set` of labels to each class, which contain the truth "
        "this often: 0.9 means 9 of 10 times.",
        examples=[0.9],
    )


class IntervalView(View):
    """The ends of an interval that contains the true value as often as requested."""

    low: float
    high: float


class TargetPrediction(View):
    """The prediction for one target: a label with probabilities, or a value."""

    model_config = ConfigDict(frozen=True, extra="allow")

    label: str | None = Field(default=None, description="The most likely class.")
    probabilities: dict[str, float] | None = None
    value: float | None = Field(default=None, description="The predicted number, in the target's units.")
    quantiles: dict[str, float] | None = Field(default=None, description="Of a quantile loss.")
    interval: IntervalView | None = Field(default=None, description="Of a number, if `interval` was requested.")
    set: list[str] | None = Field(
        default=None, description="Of classes, if `interval` was requested: labels, the most likely first."
    )
    contributions: dict[str, float] | None = Field(
        default=None,
        description="With `explain`: they add up to the answer minus `baseline`. The answer is `value`, or the "
        "probability of `label`.",
    )
    baseline: float | None = Field(
        default=None, description="With `explain`: the same answer for the average inputs of the training rows."
    )


class PredictionView(TargetPrediction):
    """The prediction for one row, or for the next row of a time series."""

    targets: dict[str, TargetPrediction] | None = Field(default=None, description="Of a model with several targets.")
    after: dict[str, Any] | None = Field(
        default=None, description="Of a time series: the last known row, and the series that it belongs to."
    )
    horizon: int | None = Field(default=None, description="Of a time series: how many rows later the prediction is.")


class PredictionsView(View):
    """One prediction per row, in the order of the rows. Fields that do not apply are left out."""

    predictions: list[PredictionView] = Field(
        examples=[[{"label": "<=50K", "probabilities": {"<=50K": 0.93, ">50K": 0.07}}]]
    )


class AliasPredictionsView(PredictionsView):
    """Predictions of the model behind an alias."""

    model_id: str = Field(description="The model that answered.", examples=["mdl_…"])
