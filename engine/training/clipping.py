"""Gradients that are too large, made smaller: each number, each layer, the whole."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from engine.diagnostics.layer_statistics import leaves
from engine.memory import Array
from engine.network import Network
from engine.parameters import flat
from engine.spec import TrainingSpec

Clip = Callable[[], None]


def clips(spec: TrainingSpec, network: Network) -> list[Clip]:
    """Return what a spec asks for, in the order it is done: numbers, layers, the whole (Pascanu et al., 2013)."""
    gradients = network.parameters.gradients
    wanted: list[Clip] = []
    if spec.clip_value is not None:
        wanted.append(_by_value(gradients, spec.clip_value))
    if spec.clip_layer_norm is not None:
        wanted += [_by_norm(parts, spec.clip_layer_norm) for parts in _by_layer(network)]
    if spec.clip_norm is not None:
        wanted.append(_by_norm([gradients], spec.clip_norm))
    return wanted


def _by_value(gradients: Array, bound: float) -> Clip:
    limit = np.asarray(bound, gradients.dtype)

    def clip() -> None:
        np.minimum(gradients, limit, out=gradients)
        np.maximum(gradients, -limit, out=gradients)

    return clip


def _by_norm(parts: list[Array], bound: float) -> Clip:
    def clip() -> None:
        norm = math.sqrt(sum(float(part.dot(part)) for part in parts))
        if norm > bound:
            for part in parts:
                np.multiply(part, bound / norm, out=part)

    return clip


def _by_layer(network: Network) -> list[list[Array]]:
    """Return the flat gradients of each layer's parameters, the layers inside of blocks by themselves."""
    views = network.parameters.views(network.parameters.gradients)
    layers = [
        [views[prefix + name] for name in layer.parameter_shapes()] for prefix, layer in leaves(network.sequential)
    ]
    return [[flat(view) for view in layer] for layer in layers if layer]
