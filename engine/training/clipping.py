"""Gradient clipping: by value, per layer, and over the whole gradient."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine.diagnostics.leaf_layers import leaf_layers
from engine.memory import Array
from engine.network import Network
from engine.parameters import flat, squared_norm
from engine.spec import TrainingSpec

Clipper = Callable[[], None]


def gradient_clippers(spec: TrainingSpec, network: Network) -> list[Clipper]:
    """Return the functions that clip the gradient in place, in this order: values, layers, whole gradient.

    Pascanu et al., 2013.
    """
    gradients = network.parameters.gradients
    clippers: list[Clipper] = []
    if spec.clip_value is not None:
        clippers.append(_clip_values(gradients, spec.clip_value))
    if spec.clip_layer_norm is not None:
        clippers += [_clip_norm(parts, spec.clip_layer_norm) for parts in _gradients_by_layer(network)]
    if spec.clip_norm is not None:
        clippers.append(_clip_norm([gradients], spec.clip_norm))
    return clippers


def _clip_values(gradients: Array, bound: float) -> Clipper:
    limit = np.asarray(bound, gradients.dtype)

    def clip() -> None:
        np.minimum(gradients, limit, out=gradients)
        np.maximum(gradients, -limit, out=gradients)

    return clip


def _clip_norm(parts: list[Array], bound: float) -> Clipper:
    def clip() -> None:
        norm = math.sqrt(sum(map(squared_norm, parts)))
        if norm > bound:
            for part in parts:
                np.multiply(part, bound / norm, out=part)

    return clip


def _gradients_by_layer(network: Network) -> list[list[Array]]:
    """Return the flat gradients of each layer's parameters. Layers inside blocks count as layers of their own."""
    views = network.parameters.views(network.parameters.gradients)
    layers = leaf_layers(network.sequential)
    gradients = [[flat(views[prefix + name]) for name in layer.parameter_shapes()] for prefix, layer in layers]
    return [parts for parts in gradients if parts]
