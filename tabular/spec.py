"""The part of a job that speaks about the table."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

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


class InitFrom(BaseModel):
    """What to start from instead of random weights: a trained model or uploaded weights.

    A model passes on its preprocessing and its first layers, as far as they equal the job's layers. From uploaded
    weights, named as `torch.nn.Sequential` names them ("0.weight", ...), a job takes as many of the first layers as
    fit. The output layer is taken if all other layers are and it fits too.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        allow_inf_nan=False,
        json_schema_extra={"examples": [{"weights_id": "wts_…", "freeze_layers": 1}]},
    )

    model_id: str | None = Field(
        default=None, description="A model of this project. Give either `model_id` or `weights_id`."
    )
    weights_id: str | None = Field(default=None, description="Uploaded weights of this project.")
    freeze_layers: int = Field(
        default=0,
        ge=0,
        le=64,
        strict=True,
        description="How many of the first layers to keep unchanged. The embeddings of features stay unchanged "
        "with them and do not count.",
    )
    new_head: bool = Field(
        default=False, strict=True, description="Initialize the output layer randomly even if the old one would fit."
    )

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        """Accept exactly one source."""
        if (self.model_id is None) == (self.weights_id is None):
            raise ValueError("Give either model_id or weights_id, not both.")
        return self
