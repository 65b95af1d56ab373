"""The union of all layer specs. To add a layer, add its spec here, and its class to `engine/layers/build.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from engine.spec.base import MAX_BRANCHES, MAX_LAYERS, MAX_LAYERS_IN_ALL, MAX_NESTING, Spec, at_most, equals
from engine.spec.column_embedding import ColumnEmbeddingSpec, PeriodicEmbeddingSpec
from engine.spec.convolution import (
    AveragePoolSpec,
    Conv1dSpec,
    Conv2dSpec,
    ConvTranspose2dSpec,
    GlobalPoolSpec,
    MaxPoolSpec,
)
from engine.spec.dense import ActivationSpec, DenseSpec, DropoutSpec
from engine.spec.normalization import BatchNormSpec, GroupNormSpec, LayerNormSpec, ScaleSpec
from engine.spec.sequence import AttentionSpec, EmbeddingSpec, GruSpec, LstmSpec, MaskSpec, PositionsSpec
from engine.spec.shaping import FlattenSpec, ReshapeSpec, SelectSpec


class ResidualSpec(Spec):
    """A block of layers whose input is added to its output (He et al., 2016)."""

    type: Literal["residual"] = "residual"
    layers: LayerList = Field(min_length=1)
    projection: LayerList = Field(
        default=(), description="layers applied to the input before it is added; default: none"
    )
    recompute: bool = Field(
        default=False,
        exclude_if=equals(False),
        description="store the input of the block only, and compute the rest again in the backward pass: the same "
        "numbers, in less memory, for one more forward pass. Blocks that are equal share memory",
    )


class BranchSpec(Spec):
    """One of several stacks of layers that read the same input."""

    layers: LayerList = Field(default=(), description="none: the branch is the input itself")


class ParallelSpec(Spec):
    """Branches that read the same input, and whose outputs are joined: several inputs, or several views of one."""

    type: Literal["parallel"] = "parallel"
    branches: Annotated[
        tuple[BranchSpec, ...], Field(strict=False, min_length=2, max_length=MAX_BRANCHES), at_most(MAX_BRANCHES)
    ]
    join: Literal["concatenate", "add"] = Field(
        default="concatenate", description="put features or channels side by side, or add outputs of equal shape"
    )


LayerSpec = Annotated[
    ColumnEmbeddingSpec
    | PeriodicEmbeddingSpec
    | EmbeddingSpec
    | PositionsSpec
    | MaskSpec
    | LstmSpec
    | GruSpec
    | AttentionSpec
    | DenseSpec
    | DropoutSpec
    | ActivationSpec
    | Conv1dSpec
    | Conv2dSpec
    | ConvTranspose2dSpec
    | MaxPoolSpec
    | AveragePoolSpec
    | GlobalPoolSpec
    | BatchNormSpec
    | LayerNormSpec
    | GroupNormSpec
    | ScaleSpec
    | ReshapeSpec
    | FlattenSpec
    | SelectSpec
    | ResidualSpec
    | ParallelSpec,
    Field(discriminator="type"),
]
LayerList = Annotated[tuple[LayerSpec, ...], Field(strict=False, max_length=MAX_LAYERS), at_most(MAX_LAYERS)]


class ModelSpec(Spec):
    """The hidden layers from input to output. The output layer follows from the target."""

    layers: LayerList = ()

    @model_validator(mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        """Reject too many layers before each is validated."""
        total = _count(value)
        if total > MAX_LAYERS_IN_ALL:
            raise ValueError(f"a model may have at most {MAX_LAYERS_IN_ALL} layers with those in blocks, not {total}")
        return value

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        total, depth = _measure(self.layers)
        if total > MAX_LAYERS_IN_ALL:
            raise ValueError(f"a model may have at most {MAX_LAYERS_IN_ALL} layers with those in blocks, not {total}")
        if depth > MAX_NESTING:
            raise ValueError(f"blocks may be nested at most {MAX_NESTING} levels deep, not {depth}")
        return self


def _count(block: Any) -> int:
    """Return the number of layers that were sent, except those in lists that are too long and not validated."""
    total = 0
    for name in ("layers", "projection", "branches") if isinstance(block, dict) else ():
        layers = block.get(name)
        if isinstance(layers, list | tuple) and len(layers) <= MAX_LAYERS:
            total += len(layers) + sum(map(_count, layers))
    return total


def inner_layers(layer: LayerSpec) -> tuple[tuple[LayerSpec, ...], ...]:
    """Return the lists of layers inside of a block; none for other layers."""
    match layer:
        case ResidualSpec():
            return layer.layers, layer.projection
        case ParallelSpec():
            return tuple(branch.layers for branch in layer.branches)
        case _:
            return ()


def _measure(layers: Iterable[LayerSpec]) -> tuple[int, int]:
    """Return the number of layers including those in blocks, and the depth of nested blocks."""
    total, depth = 0, 0
    for layer in layers:
        total += 1
        for block in inner_layers(layer):
            inside, below = _measure(block)
            total, depth = total + inside, max(depth, below + 1)
    return total, depth


ResidualSpec.model_rebuild()
BranchSpec.model_rebuild()
ParallelSpec.model_rebuild()
ModelSpec.model_rebuild()
