"""Find the layer in which a run diverged."""

from __future__ import annotations

import math

import numpy as np

from engine.memory import Array
from engine.network import Network


def find_diverged_layer(network: Network, x: Array) -> str:
    """Return the label of the layer where the loss or gradient of a batch went out of bounds.

    That is the first layer with outputs that are not finite ("inputs" if the inputs are not). If all outputs are
    finite, it is the last layer whose gradient is not finite, because gradients come from the output. If all gradients
    are finite, it is the layer with the largest. `x` is the failed batch, whose gradients are still in place. The batch
    runs forward again, without dropout.
    """
    outputs = x
    if not np.isfinite(x).all():
        return "inputs"
    for layer in network.layers:
        outputs = layer.forward(outputs, None)
        if not np.isfinite(outputs).all():
            return layer.label
    norms = _gradient_norms(network)
    not_finite = [label for label, norm in norms.items() if not math.isfinite(norm)]
    return not_finite[-1] if not_finite else max(norms, key=lambda label: norms[label])


def _gradient_norms(network: Network) -> dict[str, float]:
    """Return the norm of each layer's gradient by label, from input to output, computed in float64."""
    norms = {network.layers[index].label: 0.0 for index in network.trainable}
    views = network.parameters.views(network.parameters.gradients)
    for index in network.trainable:
        layer = network.layers[index]
        parts = [views[f"{index}.{name}"].astype(np.float64) for name in layer.parameter_shapes()]
        norms[layer.label] = math.hypot(*(float(np.linalg.norm(part)) for part in parts))
    return norms
