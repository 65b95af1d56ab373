"""Which layer a run that diverged broke down in."""

from __future__ import annotations

import math

import numpy as np

from engine.memory import Array
from engine.network import Network


def culprit(network: Network, x: Array) -> str:
    """Return the label of the layer to blame for a batch whose loss or gradient is out of bounds.

    That is the first layer whose outputs are not finite, else the first whose gradient is not, else the one
    with the largest gradient. `x` is the batch of the failed step, whose gradients are still in place; it is
    run forward again, without dropout.
    """
    outputs = x
    for layer in network.layers:
        outputs = layer.forward(outputs, None)
        if not np.isfinite(outputs).all():
            return layer.label
    norms = _gradient_norms(network)
    broken = [label for label, norm in norms.items() if not math.isfinite(norm)]
    return broken[0] if broken else max(norms, key=lambda label: norms[label])


def _gradient_norms(network: Network) -> dict[str, float]:
    """Return label -> norm of the layer's whole gradient, input to output, in float64."""
    norms = {network.layers[index].label: 0.0 for index in network.learners}
    views = network.parameters.views(network.parameters.gradients)
    for index in network.learners:
        layer = network.layers[index]
        parts = [views[f"{index}.{name}"].astype(np.float64) for name in layer.parameter_shapes()]
        norms[layer.label] = math.hypot(*(float(np.linalg.norm(part)) for part in parts))
    return norms
