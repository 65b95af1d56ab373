"""Normalization layers."""

import numpy as np

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.normalization.batch_norm import BatchNorm
from engine.layers.normalization.layer_norm import LayerNorm
from engine.layers.scale import Scale


def batch_norm(nodes: Nodes, layer: BatchNorm, x: Value) -> Value:
    """Return gain (x - running mean) / sqrt(running variance + epsilon) + bias, per channel."""
    scale = layer.gain / np.sqrt(layer.running_variance + layer.spec.epsilon)
    per_channel = (-1, 1, 1) if layer.is_image else (-1,)
    centered = nodes.add("Sub", x, layer.running_mean.reshape(per_channel))
    return nodes.add("Add", nodes.add("Mul", centered, scale.reshape(per_channel)), layer.bias.reshape(per_channel))


def layer_norm(nodes: Nodes, layer: LayerNorm, x: Value) -> Value:
    """Return gain (x - mean) / sqrt(variance + epsilon) + bias over the last axis."""
    return nodes.add("LayerNormalization", x, layer.gain.copy(), layer.bias.copy(), axis=-1, epsilon=layer.epsilon)


def scale(nodes: Nodes, layer: Scale, x: Value) -> Value:
    """Return g x with a factor g per feature."""
    return nodes.add("Mul", x, layer.g.copy())
