"""Multi-head self-attention."""

import numpy as np

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.attention import Attention


def attention(nodes: Nodes, layer: Attention, x: Value) -> Value:
    """Return the weighted means over the time steps, projected to the features."""
    qkv = nodes.add("Add", nodes.add("MatMul", x, layer.Wi.T.copy()), layer.bi.copy())
    q, k, v = (_by_head(nodes, layer, part) for part in nodes.add_many("Split", [qkv], 3, axis=-1, num_outputs=3))
    scores = nodes.add("MatMul", nodes.add("Mul", q, layer.scale), nodes.add("Transpose", k, perm=[0, 1, 3, 2]))
    if layer.causal:
        later = np.triu(np.ones((layer.time, layer.time)), 1) > 0
        scores = nodes.add("Add", scores, np.where(later, -np.inf, 0.0))
    context = nodes.add("MatMul", nodes.add("Softmax", scores, axis=-1), v)
    by_time = nodes.add("Transpose", context, perm=[0, 2, 1, 3])
    joined = nodes.add("Reshape", by_time, nodes.integers(-1, layer.time, layer.features))
    return nodes.add("Add", nodes.add("MatMul", joined, layer.Wo.T.copy()), layer.bo.copy())


def _by_head(nodes: Nodes, layer: Attention, part: Value) -> Value:
    """Return (rows, heads, time, numbers) from (rows, time, features)."""
    sizes = nodes.integers(-1, layer.time, layer.heads, layer.features // layer.heads)
    return nodes.add("Transpose", nodes.add("Reshape", part, sizes), perm=[0, 2, 1, 3])
