"""A network as ONNX nodes. `LAYERS` is the registry: a new layer adds one line; activations have their own registry."""

from collections.abc import Callable
from typing import Any

from engine.interchange.onnx import activations, convolution, embedding, losses, normalization
from engine.interchange.onnx.attention import attention
from engine.interchange.onnx.dense import dense, identity, reshape
from engine.interchange.onnx.graph import Graph, Nodes, Value
from engine.interchange.onnx.recurrent import recurrent
from engine.layers.activations.activation import Linear
from engine.layers.activations.parametric import ParametricActivation
from engine.layers.attention import Attention
from engine.layers.convolution.conv1d import Conv1d
from engine.layers.convolution.conv2d import Conv2d
from engine.layers.convolution.global_pooling import GlobalAverage, GlobalMax
from engine.layers.convolution.pooling import AveragePool, MaxPool
from engine.layers.convolution.transposed import ConvTranspose2d
from engine.layers.dense import Dense, PositionwiseDense
from engine.layers.dropout import Dropout
from engine.layers.embedding.column_embedding import ColumnEmbedding
from engine.layers.embedding.embedding import Embedding
from engine.layers.embedding.periodic_embedding import PeriodicEmbedding
from engine.layers.embedding.positional_encoding import LearnedPositions, SinusoidalPositions
from engine.layers.layer import Layer
from engine.layers.normalization.batch_norm import BatchNorm
from engine.layers.normalization.group_norm import GroupNorm
from engine.layers.normalization.layer_norm import LayerNorm
from engine.layers.padding.padding_mask import PaddingMask
from engine.layers.parallel import Parallel, Select
from engine.layers.recomputed import Recomputed
from engine.layers.recurrent.recurrent import Recurrent
from engine.layers.residual import Residual
from engine.layers.scale import Scale
from engine.layers.sequential import Sequential
from engine.layers.shaping import Reshape, Transpose
from engine.network import Network


def add_network(graph: Graph, network: Network, x: Value) -> Value:
    """Add a network in inference mode; return what it predicts, (rows, *output_shape), in its precision.

    `x`: (rows, inputs) in the precision of the network. What has no ONNX form is noted in the graph.
    """
    nodes = Nodes(graph, network.dtype)
    return losses.activate(nodes, network.loss, add_layer(nodes, network.sequential, x))


def add_layer(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Add a layer and return its output. If it has no ONNX form, note that in the graph and return `x`."""
    add = LAYERS.get(type(layer))
    if add is None:
        nodes.graph.refuse("architecture", *layer.id.path, detail=f"The layer {layer.label} has no ONNX form.")
        return x
    return add(nodes, layer, x)


def _sequential(nodes: Nodes, layers: Sequential, x: Value) -> Value:
    for layer in layers.layers:
        x = add_layer(nodes, layer, x)
    return x


def _residual(nodes: Nodes, layer: Residual, x: Value) -> Value:
    return nodes.add("Add", _sequential(nodes, layer.body, x), _sequential(nodes, layer.skip, x))


def _parallel(nodes: Nodes, layer: Parallel, x: Value) -> Value:
    outputs = [_sequential(nodes, branch, x) for branch in layer.branches]
    if not layer.concatenates:
        return nodes.total(*outputs)
    return nodes.add("Concat", *outputs, axis=1 if len(layer.output_shape) == 3 else len(layer.output_shape))


def _select(nodes: Nodes, layer: Select, x: Value) -> Value:
    starts, stops, axes = (nodes.integers(each) for each in (layer.part.start, layer.part.stop, -1))
    return nodes.add("Slice", x, starts, stops, axes)


def _parametric(nodes: Nodes, layer: ParametricActivation, x: Value) -> Value:
    """Return x + a (f(x) - x)."""
    bend = nodes.add("Sub", add_layer(nodes, layer.function, x), x)
    return nodes.add("Add", nodes.add("Mul", bend, layer.a.copy()), x)


LAYERS: dict[type[Layer], Callable[[Nodes, Any, Value], Value]] = {
    Sequential: _sequential,
    Residual: _residual,
    Recomputed: _residual,
    Parallel: _parallel,
    Select: _select,
    Dense: dense,
    PositionwiseDense: dense,
    Dropout: identity,
    Linear: identity,
    ParametricActivation: _parametric,
    **activations.ACTIVATIONS,
    Reshape: reshape,
    Transpose: reshape,
    Conv1d: convolution.conv1d,
    Conv2d: convolution.conv2d,
    ConvTranspose2d: convolution.conv_transpose2d,
    MaxPool: convolution.max_pool,
    AveragePool: convolution.average_pool,
    GlobalAverage: convolution.global_average,
    GlobalMax: convolution.global_max,
    BatchNorm: normalization.batch_norm,
    LayerNorm: normalization.layer_norm,
    GroupNorm: normalization.group_norm,
    PaddingMask: identity,
    Scale: normalization.scale,
    Embedding: embedding.embedding,
    ColumnEmbedding: embedding.column_embedding,
    PeriodicEmbedding: embedding.periodic_embedding,
    SinusoidalPositions: embedding.sinusoidal_positions,
    LearnedPositions: embedding.learned_positions,
    Recurrent: recurrent,
    Attention: attention,
}
