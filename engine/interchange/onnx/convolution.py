"""Convolution and pooling. ONNX has the channels after the rows, so sequences are transposed before and after."""

from collections.abc import Callable
from typing import Any

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.convolution.conv1d import Conv1d
from engine.layers.convolution.conv2d import Conv2d
from engine.layers.convolution.global_pooling import GlobalAverage, GlobalMax
from engine.layers.convolution.pooling import AveragePool, MaxPool
from engine.layers.convolution.transposed import ConvTranspose2d


def conv1d(nodes: Nodes, layer: Conv1d, x: Value) -> Value:
    """Return the convolution over time."""
    attributes: dict[str, Any] = {
        "kernel_shape": [layer.kernel],
        "strides": [layer.spec.stride],
        "pads": [layer.padding] * 2,
        "group": layer.groups,
    }
    weights = [each.copy() for each in (layer.W, layer.b) if each is not None]
    return _over_time(nodes, x, lambda y: nodes.add_float32("Conv", y, *weights, **attributes))


def conv2d(nodes: Nodes, layer: Conv2d, x: Value) -> Value:
    """Return the convolution of images."""
    attributes: dict[str, Any] = {
        "kernel_shape": [*layer.kernel],
        "strides": [*layer.stride],
        "pads": [*layer.padding, *layer.padding],
        "group": layer.groups,
    }
    weights = [each.copy() for each in (layer.W, layer.b) if each is not None]
    return nodes.add_float32("Conv", x, *weights, **attributes)


def conv_transpose2d(nodes: Nodes, layer: ConvTranspose2d, x: Value) -> Value:
    """Return the transposed convolution of images."""
    attributes: dict[str, Any] = {
        "kernel_shape": [*layer.kernel],
        "strides": [*layer.stride],
        "pads": [*layer.padding, *layer.padding],
    }
    weights = [each.copy() for each in (layer.W, layer.b) if each is not None]
    return nodes.add_float32("ConvTranspose", x, *weights, **attributes)


def max_pool(nodes: Nodes, layer: MaxPool, x: Value) -> Value:
    """Return the maximum of each window, without padding."""
    return _pool(nodes, layer, x, lambda y, sizes: nodes.add("MaxPool", y, **sizes))


def average_pool(nodes: Nodes, layer: AveragePool, x: Value) -> Value:
    """Return the mean of each window. Padding counts as zeros."""
    return _pool(nodes, layer, x, lambda y, sizes: nodes.add_float32("AveragePool", y, count_include_pad=1, **sizes))


def global_average(nodes: Nodes, layer: GlobalAverage, x: Value) -> Value:
    """Return the mean over all positions."""
    axes = (2, 3) if layer.is_image else (1,)
    return nodes.add("ReduceMean", x, nodes.integers(*axes), keepdims=0)


def global_max(nodes: Nodes, layer: GlobalMax, x: Value) -> Value:
    """Return the maximum over all positions."""
    axes = (2, 3) if layer.is_image else (1,)
    return nodes.add("ReduceMax", x, nodes.integers(*axes), keepdims=0)


def _pool(
    nodes: Nodes, layer: MaxPool | AveragePool, x: Value, pool: Callable[[Value, dict[str, Any]], Value]
) -> Value:
    axes = 2 if layer.is_image else 1
    sizes: dict[str, Any] = {
        "kernel_shape": [*layer.kernel[:axes]],
        "strides": [*layer.stride[:axes]],
        "pads": [*layer.padding[:axes]] * 2,
    }
    return pool(x, sizes) if layer.is_image else _over_time(nodes, x, lambda y: pool(y, sizes))


def _over_time(nodes: Nodes, x: Value, operate: Callable[[Value], Value]) -> Value:
    """Apply an operator for (rows, features, time) to (rows, time, features)."""
    return nodes.add("Transpose", operate(nodes.add("Transpose", x, perm=[0, 2, 1])), perm=[0, 2, 1])
