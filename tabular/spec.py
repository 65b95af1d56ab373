"""The part of a job that speaks about the table."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Task = Literal["classification", "regression"]
Encoding = Literal["standardize", "none", "one_hot"]


class FeatureSpec(BaseModel):
    """A column to learn from, and how it becomes numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(min_length=1, description="Name of the column.")
    encoding: Encoding | None = Field(
        None,
        description="standardize: mean 0 and deviation 1 on the training rows (numbers, the default); "
        "none: numbers as they are; one_hot: one input per value (categories, the default). "
        "Null: what fits the column's type.",
    )


class TableSpec(BaseModel):
    """What to predict, and from what."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: str = Field(min_length=1, description="Name of the column to predict.")
    features: tuple[FeatureSpec, ...] | None = Field(
        None, min_length=1, max_length=4096, description="Columns to learn from; null: all that carry information."
    )
    task: Task | None = Field(None, description="Null: follows from the target's type.")
