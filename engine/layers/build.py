"""Build layers from specs. `MAKERS` is the registry: a new layer adds one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.layers import shaping
from engine.layers.activations.build import ACTIVATIONS, activation
from engine.layers.attention import Attention
from engine.layers.convolution.conv1d import Conv1d
from engine.layers.convolution.conv2d import Conv2d
from engine.layers.convolution.global_pooling import GlobalAverage, GlobalMax
from engine.layers.convolution.pooling import AveragePool, MaxPool
from engine.layers.convolution.transposed import ConvTranspose2d
from engine.layers.dense import dense
from engine.layers.dropout import Dropout
from engine.layers.embedding.column_embedding import ColumnEmbedding
from engine.layers.embedding.embedding import Embedding
from engine.layers.embedding.periodic_embedding import PeriodicEmbedding
from engine.layers.embedding.positional_encoding import positions
from engine.layers.layer import Layer
from engine.layers.layer_id import FLATTEN, NETWORK, OUTPUT, LayerId, ShapeError
from engine.layers.normalization.batch_norm import BatchNorm
from engine.layers.normalization.group_norm import GroupNorm
from engine.layers.normalization.layer_norm import LayerNorm
from engine.layers.padding.padding_mask import PaddingMask
from engine.layers.padding.use_masks import use_masks
from engine.layers.parallel import Parallel, Select
from engine.layers.recomputed import Recomputed
from engine.layers.recurrent.gru import gru
from engine.layers.recurrent.lstm import lstm
from engine.layers.residual import Residual
from engine.layers.scale import Scale
from engine.layers.sequential import Sequential
from engine.memory import Shape
from engine.spec.base import Spec
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
from engine.spec.layers import LayerSpec, ParallelSpec, ResidualSpec
from engine.spec.normalization import BatchNormSpec, GroupNormSpec, LayerNormSpec, ScaleSpec
from engine.spec.sequence import AttentionSpec, EmbeddingSpec, GruSpec, LstmSpec, MaskSpec, PositionsSpec
from engine.spec.shaping import FlattenSpec, ReshapeSpec, SelectSpec


def build(
    specs: Sequence[LayerSpec], input_shape: Shape, output_shape: Shape, *, input_gradient: bool = False
) -> Sequential:
    """Return the layers of a network with a linear output layer at the end. Layer n is PyTorch's module n.

    Backpropagation ends at the first layer with parameters, or with `input_gradient` at the inputs. A flat
    `output_shape` makes flat rows first, if necessary. With an `output_shape` of (time, outputs), the output layer maps
    the features of each time step.

    Raises:
        ShapeError: a layer cannot accept the output of the layers before it.
    """
    layers = list(_layers(specs, input_shape, NETWORK, "layers"))
    shape = layers[-1].output_shape if layers else input_shape
    if len(output_shape) == 1 and len(shape) > 1:
        layers.append(shaping.flatten(shape, FLATTEN))
        shape = layers[-1].output_shape
    layers.append(dense(DenseSpec(units=output_shape[-1], activation="linear"), shape, OUTPUT))
    if layers[-1].output_shape != output_shape:
        raise ShapeError(OUTPUT, f"rows of shape {list(shape)} cannot make outputs of shape {list(output_shape)}")
    network = Sequential(layers, input_shape, NETWORK)
    use_masks(network, None)
    if not input_gradient:
        network.stop_gradient()
    return network


def hidden_layers(specs: Sequence[LayerSpec], input_shape: Shape) -> Sequential:
    """Return the layers of the specs without an output layer."""
    layers = Sequential(list(_layers(specs, input_shape, NETWORK, "layers")), input_shape, NETWORK)
    use_masks(layers, None)
    return layers


def residual(spec: ResidualSpec, shape: Shape, layer_id: LayerId) -> Residual:
    """Return the block, which stores all it computes or computes it again."""
    body, skip = (_block(spec, group, shape, layer_id) for group in ("layers", "projection"))
    return Recomputed(body, skip, layer_id, (spec, shape)) if spec.recompute else Residual(body, skip, layer_id)


def parallel(spec: ParallelSpec, shape: Shape, layer_id: LayerId) -> Parallel:
    """Return the layer with its branches."""
    branches = []
    for number, branch in enumerate(spec.branches):
        branch_id = layer_id.child("branches", number, "branch")
        branches.append(Sequential(list(_layers(branch.layers, shape, branch_id, "layers")), shape, branch_id))
    return Parallel(branches, spec.join, shape, layer_id)


MAKERS: dict[type[Spec], Callable[[Any, Shape, LayerId], Layer]] = {
    DenseSpec: dense,
    DropoutSpec: Dropout,
    ActivationSpec: activation,
    ReshapeSpec: lambda spec, shape, layer_id: shaping.reshape(shape, spec.shape, layer_id),
    Conv1dSpec: Conv1d,
    Conv2dSpec: Conv2d,
    ConvTranspose2dSpec: ConvTranspose2d,
    MaxPoolSpec: MaxPool,
    AveragePoolSpec: AveragePool,
    GlobalPoolSpec: lambda spec, shape, layer_id: {"average": GlobalAverage, "max": GlobalMax}[spec.function](
        shape, layer_id
    ),
    BatchNormSpec: BatchNorm,
    LayerNormSpec: LayerNorm,
    GroupNormSpec: GroupNorm,
    ScaleSpec: Scale,
    MaskSpec: PaddingMask,
    FlattenSpec: lambda _, shape, layer_id: shaping.flatten(shape, layer_id),
    EmbeddingSpec: Embedding,
    ColumnEmbeddingSpec: ColumnEmbedding,
    PeriodicEmbeddingSpec: PeriodicEmbedding,
    PositionsSpec: positions,
    LstmSpec: lstm,
    GruSpec: gru,
    AttentionSpec: Attention,
    ResidualSpec: residual,
    ParallelSpec: parallel,
    SelectSpec: lambda spec, shape, layer_id: Select(spec.start, spec.stop, shape, layer_id),
}


def _block(spec: ResidualSpec, group: str, shape: Shape, block_id: LayerId) -> Sequential:
    """Return the layers in one of the lists of a block."""
    return Sequential(list(_layers(getattr(spec, group), shape, block_id, group)), shape, block_id)


def _layers(specs: Sequence[LayerSpec], shape: Shape, parent: LayerId, group: str) -> Iterator[Layer]:
    """Yield the layer of each spec, and its activation if it has one."""
    for index, spec in enumerate(specs):
        layer_id = parent.child(group, index, spec.type)
        layer = MAKERS[type(spec)](spec, shape, layer_id)
        shape = layer.output_shape
        yield layer
        activation = getattr(spec, "activation", "linear")
        if activation != "linear":
            yield ACTIVATIONS[activation](shape, layer_id)
