"""From specs to layers: the one place that knows every kind. A family is added by a line in MAKERS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from engine.layers import shaping
from engine.layers.activations import Elu, LeakyRelu, Linear, Relu, Sigmoid, Softplus, Tanh
from engine.layers.attention import Attention
from engine.layers.column_embedding import ColumnEmbedding
from engine.layers.convolution.conv1d import Conv1d
from engine.layers.convolution.conv2d import Conv2d
from engine.layers.convolution.global_pooling import GlobalAverage, GlobalMax
from engine.layers.convolution.pooling import AveragePool, MaxPool
from engine.layers.dense import dense
from engine.layers.dropout import Dropout
from engine.layers.embedding import Embedding
from engine.layers.gated_activations import Gelu, Silu
from engine.layers.layer import Layer, ShapeRefused
from engine.layers.normalization.batch_norm import BatchNorm
from engine.layers.normalization.layer_norm import LayerNorm
from engine.layers.positional_encoding import positions
from engine.layers.recurrent.gru import gru
from engine.layers.recurrent.lstm import lstm
from engine.layers.residual import Residual
from engine.layers.stack import Stack
from engine.memory import Shape
from engine.spec import (
    ActivationSpec,
    AttentionSpec,
    AveragePoolSpec,
    BatchNormSpec,
    ColumnEmbeddingSpec,
    Conv1dSpec,
    Conv2dSpec,
    DenseSpec,
    DropoutSpec,
    EmbeddingSpec,
    FlattenSpec,
    GlobalPoolSpec,
    GruSpec,
    LayerNormSpec,
    LayerSpec,
    LstmSpec,
    MaxPoolSpec,
    PositionsSpec,
    ReshapeSpec,
    ResidualSpec,
    Spec,
)

ACTIVATIONS: dict[str, Callable[[Shape, str], Layer]] = {
    "linear": Linear,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "gelu": Gelu,
    "silu": Silu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
}


def build(specs: Sequence[LayerSpec], input_shape: Shape, output_shape: Shape) -> Stack:
    """Return the layers of a network, the linear output layer last; the n-th is PyTorch's module n.

    The output layer takes flat rows for a flat `output_shape`, which other rows are flattened to; and rows
    (time, features) for (time, outputs), which it makes of each moment's features.

    Raises:
        ShapeRefused: a layer cannot take what the layers before it make.
    """
    layers = list(_layers(specs, input_shape, ""))
    shape = layers[-1].output_shape if layers else input_shape
    if len(output_shape) == 1 and len(shape) > 1:
        layers.append(shaping.flatten(shape, "flatten"))
        shape = layers[-1].output_shape
    layers.append(dense(DenseSpec(units=output_shape[-1], activation="linear"), shape, "output"))
    if layers[-1].output_shape != output_shape:
        raise ShapeRefused("output", f"rows of shape {list(shape)} do not make outputs of shape {list(output_shape)}")
    network = Stack(layers, input_shape)
    network.stop_gradient()
    return network


MAKERS: dict[type[Spec], Callable[[Any, Shape, str], Layer]] = {
    DenseSpec: dense,
    DropoutSpec: lambda spec, shape, label: Dropout(shape, label, spec.rate),
    ActivationSpec: lambda spec, shape, label: ACTIVATIONS[spec.function](shape, label),
    ReshapeSpec: lambda spec, shape, label: shaping.reshape(shape, spec.shape, label),
    Conv1dSpec: Conv1d,
    Conv2dSpec: Conv2d,
    MaxPoolSpec: MaxPool,
    AveragePoolSpec: AveragePool,
    GlobalPoolSpec: lambda spec, shape, label: {"average": GlobalAverage, "max": GlobalMax}[spec.function](
        shape, label
    ),
    BatchNormSpec: BatchNorm,
    LayerNormSpec: lambda spec, shape, label: LayerNorm(shape, label, spec.epsilon),
    FlattenSpec: lambda _, shape, label: shaping.flatten(shape, label),
    EmbeddingSpec: lambda spec, shape, label: Embedding(shape, spec, label),
    ColumnEmbeddingSpec: lambda spec, shape, label: ColumnEmbedding(shape, spec, label),
    PositionsSpec: positions,
    LstmSpec: lstm,
    GruSpec: gru,
    AttentionSpec: lambda spec, shape, label: Attention(shape, spec, label),
    ResidualSpec: lambda spec, shape, label: Residual(
        stack(spec.layers, shape, f"{label}."), stack(spec.projection, shape, f"{label}.projection."), label
    ),
}


def stack(specs: Sequence[LayerSpec], shape: Shape, prefix: str) -> Stack:
    """Return the layers inside of a block, whose labels begin with `prefix`."""
    return Stack(list(_layers(specs, shape, prefix)), shape, prefix.rstrip("."))


def _layers(specs: Sequence[LayerSpec], shape: Shape, prefix: str) -> Iterator[Layer]:
    """Yield each spec's layer, and the activation that follows it."""
    for index, spec in enumerate(specs):
        label = f"{prefix}layers[{index}] ({spec.type})"
        layer = MAKERS[type(spec)](spec, shape, label)
        shape = layer.output_shape
        yield layer
        activation = getattr(spec, "activation", "linear")
        if activation != "linear":
            yield ACTIVATIONS[activation](shape, label)
