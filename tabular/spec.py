"""The part of a job that speaks about the table."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

MAX_SIZE = 512  # of a vector that stands for a category
MAX_TARGETS = 64  # predicted at once: as many losses as the engine adds up

Task = Literal["classification", "regression"]
Encoding = Literal["standardize", "none", "one_hot", "embedding"]
ColumnName = Annotated[str, Field(min_length=1)]
ColumnNames = Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=MAX_TARGETS)]
Target = Annotated[
    Annotated[ColumnName, Tag("name")] | Annotated[ColumnNames, Tag("names")],
    Discriminator(lambda target: "names" if isinstance(target, (list, tuple)) else "name"),  # so errors are of one
]


class FeatureSpec(BaseModel):
    """A column to learn from, and how it becomes numbers."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"column": "zip", "encoding": "embedding", "size": 8}]},
    )

    column: str = Field(min_length=1, description="Name of the column.")
    encoding: Encoding | None = Field(
        None,
        description="standardize: mean 0 and deviation 1 on the training rows (numbers, the default); "
        "none: numbers as they are (the default under an embedding layer); "
        "one_hot: one input for each of the 100 most frequent values (categories, the default); "
        "embedding: a learned vector for each of the 10,000 most frequent values (all but datetime). "
        "Null: what fits the column's type.",
    )
    size: int | None = Field(
        None,
        ge=1,
        le=MAX_SIZE,
        strict=True,
        description="Length of the vectors of an embedding, and of nothing else. "
        "Null: 1.6 n^0.56 for n vectors, at most 50.",
    )
