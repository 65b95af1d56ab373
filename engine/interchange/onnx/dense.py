"""Layers that work on the last axis or keep all numbers: dense, dropout, shapes."""

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.dense import Dense
from engine.layers.layer import Layer


def dense(nodes: Nodes, layer: Dense, x: Value) -> Value:
    """Return x W' + b over the last axis."""
    return nodes.add("Add", nodes.add("MatMul", x, layer.W.T.copy()), layer.b.copy())


def identity(nodes: Nodes, layer: Layer, x: Value) -> Value:  # noqa: ARG001 - the signature of all layers
    """Return `x`: dropout and the linear activation do nothing in inference mode."""
    return x


def reshape(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return the same numbers in the output shape of the layer. In ONNX rows are always the first axis."""
    return nodes.add("Reshape", x, nodes.integers(-1, *layer.output_shape))
