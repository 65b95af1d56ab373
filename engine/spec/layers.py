"""What a model can be made of. A family of layers is added to the union here, and to `engine.layers.build`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_LAYERS, MAX_LAYERS_IN_ALL, MAX_NESTING, Spec
from engine.spec.columns import ColumnEmbeddingSpec
from engine.spec.dense import ActivationSpec, DenseSpec, DropoutSpec
from engine.spec.images import (
    AveragePoolSpec,
    BatchNormSpec,
    Conv1dSpec,
    Conv2dSpec,
    GlobalPoolSpec,
    LayerNormSpec,
    MaxPoolSpec,
)
from engine.spec.sequence import AttentionSpec, EmbeddingSpec, GruSpec, LstmSpec, PositionsSpec
from engine.spec.shaping import FlattenSpec, ReshapeSpec


class ResidualSpec(Spec):
    """A stack of layers whose input is added to its output (He et al., 2016)."""

    type: Literal["residual"] = "residual"
    layers: Stack = Field(min_length=1)
    projection: Stack = Field(
        default=(), description="layers that the input goes through before it is added; none: it is added as it is"
    )


LayerSpec = Annotated[
    # one line per family
    ColumnEmbeddingSpec
    | EmbeddingSpec
    | PositionsSpec
    | LstmSpec
    | GruSpec
    | AttentionSpec
    | DenseSpec
    | DropoutSpec
    | ActivationSpec
    | Conv1dSpec
    | Conv2dSpec
    | MaxPoolSpec
    | AveragePoolSpec
    | GlobalPoolSpec
    | BatchNormSpec
    | LayerNormSpec
    | ReshapeSpec
    | FlattenSpec
    | ResidualSpec,
    Field(discriminator="type"),
]
Stack = Annotated[tuple[LayerSpec, ...], Field(strict=False, max_length=MAX_LAYERS)]


class ModelSpec(Spec):
    """The hidden layers, input to output; the output layer follows from the target."""

    layers: Stack = ()

    @model_validator(mode="after")
    def _is_no_maze(self) -> Self:
        total, depth = _measure(self.layers)
        if total > MAX_LAYERS_IN_ALL:
            raise ValueError(f"at most {MAX_LAYERS_IN_ALL} layers in all, not {total}")
        if depth > MAX_NESTING:
            raise ValueError(f"residual blocks may be nested {MAX_NESTING} deep, not {depth}")
        return self


def _measure(layers: Iterable[LayerSpec]) -> tuple[int, int]:
    """Return how many layers there are with those inside of blocks, and how deep blocks are nested."""
    total, depth = 0, 0
    for layer in layers:
        total += 1
        if isinstance(layer, ResidualSpec):
            inside, below = _measure((*layer.layers, *layer.projection))
            total, depth = total + inside, max(depth, below + 1)
    return total, depth


ResidualSpec.model_rebuild()
ModelSpec.model_rebuild()
