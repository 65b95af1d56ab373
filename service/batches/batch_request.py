"""The body of a request for a batch of predictions."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.fields import Metadata
from tabular.batches.table_file import FileFormat

ColumnName = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class BatchRequest(BaseModel):
    """Predict every row of a data set."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    dataset_id: str = Field(
        max_length=100,
        description="A data set with the columns that the model reads. Its other columns are ignored.",
        examples=["ds_0198f3c2a4b07d3e8f1c2b3a4d5e6f71"],
    )
    format: FileFormat = Field(default="csv", description="The format of the result.")
    interval: float | None = Field(
        default=None,
        ge=0.5,
        le=0.99,
        description="Add the ends of an interval to each number and a set of labels to each class, which contain the "
        "truth this often: 0.9 means 9 of 10 times.",
        examples=[0.9],
    )
    key_columns: tuple[ColumnName, ...] = Field(
        default=(),
        max_length=16,
        description="Columns of the data set that are copied to the result, such as an id. Without them, the result "
        "has the number of each row, from 1.",
        examples=[["customer_id"]],
    )
    priority: int = Field(
        default=5, ge=0, le=9, strict=True, description="Batches and jobs with a higher priority start first."
    )
    metadata: Metadata = Field(default_factory=dict)
