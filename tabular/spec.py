"""The part of a job that speaks about the table."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator

MOST_TARGETS = 64  # predicted at once: as many losses as the engine adds up

Task = Literal["classification", "regression"]
Encoding = Literal["standardize", "none", "one_hot"]
ColumnName = Annotated[str, Field(min_length=1)]
ColumnNames = Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=MOST_TARGETS)]
Target = Annotated[
    Annotated[ColumnName, Tag("name")] | Annotated[ColumnNames, Tag("names")],
    Discriminator(lambda target: "names" if isinstance(target, (list, tuple)) else "name"),  # so errors are of one
]

NO_EMBEDDING = (
    "embedding is no encoding here, because all inputs go through the same layers. Use one_hot, of which the first "
    "dense layer learns a vector for each category; or, where all features are whole numbers, let model.layers "
    "begin with an embedding layer."
)


class FeatureSpec(BaseModel):
    """A column to learn from, and how it becomes numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    column: str = Field(min_length=1, description="Name of the column.")
    encoding: Encoding | None = Field(
        None,
        description="standardize: mean 0 and deviation 1 on the training rows (numbers, the default); "
        "none: numbers as they are (the default under an embedding layer); "
        "one_hot: one input per value (categories, the default). Null: what fits the column's type.",
    )

    @field_validator("encoding", mode="before")
    @classmethod
    def _is_no_embedding(cls, encoding: object) -> object:
        if encoding == "embedding":
            raise ValueError(NO_EMBEDDING)
        return encoding
