"""The body of a request for a learning curve."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from service.fields import WholeNumber

MetricName = Literal[
    "accuracy", "balanced_accuracy", "log_loss", "brier", "roc_auc", "r2", "rmse", "mae", "concordance"
]
Fraction = Annotated[float, Field(gt=0, lt=1)]
MIN_FRACTIONS, MAX_FRACTIONS = 3, 8


class LearningCurveRequest(BaseModel):
    """Train on growing parts of the rows. An empty object is enough."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    fractions: tuple[Fraction, ...] | None = Field(
        default=None,
        min_length=MIN_FRACTIONS,
        max_length=MAX_FRACTIONS,
        description="Parts of the training rows, ascending. Default: four parts up to a half, from a sixteenth or from "
        "20 rows.",
        examples=[[0.0625, 0.125, 0.25, 0.5]],
    )
    samples: WholeNumber = Field(
        default=3,
        ge=1,
        le=5,
        description="Samples of each size. Each is a job; their differences show how much is chance.",
    )
    metric: MetricName | None = Field(
        default=None,
        description="A score of the evaluation. Default: `accuracy` for classes, `rmse` for numbers, `concordance` for "
        "times until an event; of several targets, the mean `accuracy` or `r2`.",
    )
    priority: WholeNumber | None = Field(default=None, ge=0, le=9, description="Of the jobs. Default: the job's.")

    @field_validator("fractions")
    @classmethod
    def _ascending(cls, fractions: tuple[float, ...] | None) -> tuple[float, ...] | None:
        if fractions is not None and list(fractions) != sorted(set(fractions)):
            raise ValueError("the fractions must ascend, and each may occur once")
        return fractions
