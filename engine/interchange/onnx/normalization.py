"""Normalization layers."""

import numpy as np

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.normalization.batch_norm import BatchNorm
from engine.layers.normalization.group_norm import GroupNorm
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


def group_norm(nodes: Nodes, layer: GroupNorm, x: Value) -> Value:
    """Return gain (x - mean) / standard deviation + bias, per group; groups are channels of an instance norm."""
    over_time = len(layer.input_shape) == 2
    if over_time:
        x = nodes.add("Transpose", x, perm=[0, 2, 1])
    ones, zeros = (np.full(layer.groups, value, np.float32) for value in (1, 0))
    grouped = nodes.add("Reshape", x, nodes.integers(0, layer.groups, -1))
    normal = nodes.add_float32("InstanceNormalization", grouped, ones, zeros, epsilon=layer.epsilon)
    shape = layer.input_shape[::-1] if over_time else layer.input_shape
    per_channel = (-1, *(1,) * (len(shape) - 1))
    normal = nodes.add("Reshape", normal, nodes.integers(-1, *shape))
    scaled = nodes.add("Mul", normal, layer.gain.reshape(per_channel))
    y = nodes.add("Add", scaled, layer.bias.reshape(per_channel))
    return nodes.add("Transpose", y, perm=[0, 2, 1]) if over_time else y


def scale(nodes: Nodes, layer: Scale, x: Value) -> Value:
    """Return g x with a factor g per feature."""
    return nodes.add("Mul", x, layer.g.copy())
