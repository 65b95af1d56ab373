"""The part of a job request that is about the table: targets, features, ensembles, and what to start from."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

from engine.spec import ModelSpec, OptimizerSpec, ScheduleSpec
from engine.spec.base import at_most
from engine.spec.column_embedding import MAX_FREQUENCIES, MAX_WAVE_SIZE
from engine.spec.training import MAX_FOLDS
from tabular.encodings import (
    CYCLES,
    DEFAULT_FREQUENCIES,
    ENCODINGS,
    HASHED_SIZE,
    MAX_BINS,
    MAX_DEFAULT_SIZE,
    MAX_EMBEDDING_SIZE,
    MAX_HASHED_SIZE,
    MAX_ORDERED,
    Cycle,
    Encoding,
    fitting_encodings,
)
from tabular.profile import COLUMN_TYPES

MAX_TARGETS = 64  # predicted at once: as many losses as the engine adds up
MAX_FEATURES = 4096
MAX_NETWORKS = MAX_FOLDS  # in a bag
MAX_BLENDED = 3  # further bags: their weights are tried in all combinations

Task = Literal["classification", "regression"]
Preset = Literal["fast", "balanced", "best"]
PRESETS: tuple[Preset, ...] = get_args(Preset)
EnsembleType = Literal["folds", "seeds"]
ColumnName = Annotated[str, Field(min_length=1)]
ColumnNames = Annotated[tuple[ColumnName, ...], Field(min_length=1, max_length=MAX_TARGETS), at_most(MAX_TARGETS)]
Target = Annotated[
    Annotated[ColumnName, Tag("name")] | Annotated[ColumnNames, Tag("names")],
    Discriminator(lambda target: "names" if isinstance(target, (list, tuple)) else "name"),  # so errors are of one
]


def _describe_encodings() -> str:
    each = []
    for rule in ENCODINGS.values():
        default = [kind for kind in COLUMN_TYPES if fitting_encodings(kind)[0] == rule.name]
        suffix = f"; default for {', '.join(default)} columns" if default else ""
        each.append(f"`{rule.name}`: {rule.description}{suffix}.")
    return " ".join(each)


class FeatureSpec(BaseModel):
    """A column to learn from and its encoding."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"column": "zip", "encoding": "embedding", "size": 8}]},
    )

    column: str = Field(min_length=1, description="Name of the column.")
    encoding: Encoding | None = Field(
        None,
        description="How the column becomes numbers. Null: the default for the column's type. " + _describe_encodings(),
    )
    size: int | None = Field(
        None,
        ge=1,
        le=MAX_HASHED_SIZE,
        strict=True,
        description=f"For the encoding `embedding`: numbers in an embedding, at most {MAX_EMBEDDING_SIZE}. "
        f"Null: 1.6 n^0.56 for n embeddings, at most {MAX_DEFAULT_SIZE}. "
        f"For `hashed_text`: the number of inputs. Null: {HASHED_SIZE}. For `numeric_embedding`: how many sums of "
        f"learned waves of the number the first layer adds, at most {MAX_WAVE_SIZE}; the same for all such features. "
        "Null: none. Other encodings have no size.",
    )
    order: Annotated[tuple[str, ...], Field(min_length=1, max_length=MAX_ORDERED), at_most(MAX_ORDERED)] | None = Field(
        None,
        description="Only for the encoding `ordinal`: all categories of the column, from the lowest to the highest. "
        "Null: sorted by the alphabet.",
    )
    frequencies: int | None = Field(
        None,
        ge=1,
        le=MAX_FREQUENCIES,
        strict=True,
        description="Only for the encoding `numeric_embedding` with a `size`: the number of learned waves, the same "
        f"for all such features. Null: {DEFAULT_FREQUENCIES}.",
    )
    bins: int | None = Field(
        None,
        ge=0,
        le=MAX_BINS,
        strict=True,
        description="Only for the encoding `numeric_embedding`: the number of bins; fewer if there are too few "
        "different values or training rows. 0: none.",
    )
    cycles: Annotated[tuple[Cycle, ...], Field(min_length=1, max_length=len(CYCLES)), at_most(len(CYCLES))] | None = (
        Field(
            None,
            description="Only for the encodings `datetime` and `cyclic` of times: the cycles that become a sine and a "
            "cosine. Null: those that vary in the training rows.",
        )
    )
    period: float | None = Field(
        None,
        gt=0,
        le=1e15,
        allow_inf_nan=False,
        description="Only for the encoding `cyclic` of numbers, which needs it: after how much a number is in the same "
        "position again, such as 24 for hours or 360 for degrees.",
    )
    missing_indicator: bool | None = Field(
        None,
        strict=True,
        description="Whether missing values have an input of their own, besides the value that replaces them. Null: "
        "only if training rows have missing values. Not for the encoding `embedding`, where they have an embedding.",
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


class BagSpec(BaseModel):
    """A second kind of network on the same rows. What it leaves out is as in the job."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    features: Annotated[tuple[FeatureSpec, ...], at_most(MAX_FEATURES)] | None = Field(
        default=None, min_length=1, max_length=MAX_FEATURES, description="The columns to learn from. Null: the job's."
    )
    model: ModelSpec | None = Field(default=None, description="The hidden layers. Null: the job's.")
    optimizer: OptimizerSpec | None = Field(default=None, description="Null: the job's.")
    schedule: ScheduleSpec | None = Field(default=None, description="Null: the job's.")


Blend = Annotated[
    Annotated[tuple[BagSpec, ...], at_most(MAX_BLENDED)],
    Field(
        default=(),
        max_length=MAX_BLENDED,
        description="Further bags of networks, for example with other features or layers. Each bag has as many "
        "networks as the first, on the same rows. The answers of the bags are averaged with weights from 0, 0.25, 0.5, "
        "0.75 and 1: those with the smallest loss on rows that the networks did not train on.",
    ),
]


class FoldsEnsembleSpec(BaseModel):
    """One network per fold, each trained without its fold. Each row is evaluated by the network that left it out."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"type": "folds", "folds": 5}]}
    )

    type: Literal["folds"]
    folds: int = Field(default=5, ge=2, le=MAX_NETWORKS, strict=True, description="The number of folds and networks.")
    blend: Blend

    @property
    def networks(self) -> int:
        """The number of networks in a bag."""
        return self.folds


class SeedsEnsembleSpec(BaseModel):
    """Networks with different initial weights and row orders, on the same training rows."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"type": "seeds", "networks": 3}]}
    )

    type: Literal["seeds"]
    networks: int = Field(default=5, ge=2, le=MAX_NETWORKS, strict=True, description="The number of networks.")
    blend: Blend


EnsembleSpec = Annotated[FoldsEnsembleSpec | SeedsEnsembleSpec, Discriminator("type")]
