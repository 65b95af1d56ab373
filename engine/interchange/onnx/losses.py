"""What a loss makes of the logits when a network predicts: probabilities or values."""

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.interchange.onnx.activations import softplus_of
from engine.interchange.onnx.graph import Nodes, Value
from engine.losses import deviances, elementwise
from engine.losses.cox import Cox
from engine.losses.loss import Loss
from engine.losses.multi_target import MultiTarget
from engine.losses.ordinal import Ordinal
from engine.losses.sigmoid import SigmoidCrossEntropy
from engine.losses.softmax import SoftmaxCrossEntropy
from engine.metrics.numbers import MAX_LOG_RATE

# ruff: noqa: ARG001 - all losses have the same signature


def activate(nodes: Nodes, loss: Loss, logits: Value) -> Value:
    """Return probabilities or values (rows, *output_shape)."""
    for kind in type(loss).__mro__:
        if kind in ACTIVATIONS:
            return ACTIVATIONS[kind](nodes, loss, logits)
    nodes.graph.refuse("architecture", "loss", detail=f"The loss {loss.name!r} has no ONNX form.")
    return logits


def _values(nodes: Nodes, loss: Loss, logits: Value) -> Value:
    return logits


def _softmax(nodes: Nodes, loss: Loss, logits: Value) -> Value:
    return nodes.add("Softmax", logits, axis=-1)


def _sigmoid(nodes: Nodes, loss: Loss, logits: Value) -> Value:
    return nodes.add("Sigmoid", logits)


def _rates(nodes: Nodes, loss: Loss, logits: Value) -> Value:
    return nodes.add("Exp", nodes.add("Min", logits, MAX_LOG_RATE))


def _cumulative(nodes: Nodes, loss: Ordinal, logits: Value) -> Value:
    """Add up how far the logits fall from one class to the next, and take differences of probabilities."""
    size = loss.outputs - 1
    steps = np.eye(size + 1)[:, 1:]
    steps[0, 0] = -1
    z = nodes.add("MatMul", logits, steps)
    if size > 1:
        first, others = nodes.add_many("Split", [z, nodes.integers(1, size - 1)], 2, axis=-1)
        falls = nodes.add("Concat", nodes.add("Neg", first), softplus_of(nodes, others), axis=-1)
        z = nodes.add("MatMul", falls, -np.triu(np.ones((size, size))))
    differences = np.eye(size, size + 1, 1) - np.eye(size, size + 1)
    return nodes.add("Add", nodes.add("MatMul", nodes.add("Sigmoid", z), differences), np.eye(1, size + 1)[0])


def _parts(nodes: Nodes, loss: MultiTarget, logits: Value) -> Value:
    """Activate the outputs of each target with its loss."""
    sizes = nodes.integers(*(part.outputs for part in loss.parts))
    each = nodes.add_many("Split", [logits, sizes], len(loss.parts), axis=-1)
    return nodes.add("Concat", *(activate(nodes, *pair) for pair in zip(loss.parts, each, strict=True)), axis=-1)


ACTIVATIONS: dict[type[Loss], Callable[[Nodes, Any, Value], Value]] = {
    elementwise.MeanSquaredError: _values,
    elementwise.MeanAbsoluteError: _values,
    elementwise.Huber: _values,
    elementwise.Quantile: _values,
    Cox: _values,
    deviances.Poisson: _rates,
    deviances.Gamma: _rates,
    deviances.Tweedie: _rates,
    Ordinal: _cumulative,
    SigmoidCrossEntropy: _sigmoid,
    SoftmaxCrossEntropy: _softmax,
    MultiTarget: _parts,
}
