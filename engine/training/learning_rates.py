"""The learning rate and the penalty of each parameter, relative to those of the whole network."""

from __future__ import annotations

import math

import numpy as np

from engine.diagnostics.leaf_layers import leaf_layers
from engine.layers.layer import Layer
from engine.memory import Array, Shape
from engine.network import Network
from engine.parameters import flat
from engine.spec import LearningRateFactorsSpec, RegularizationSpec


def set_rate_factors(network: Network, spec: LearningRateFactorsSpec | None) -> None:
    """Give the network's parameters the factors of their learning rates; nothing without a spec.

    Allocates one number per parameter, so that an update takes one more operation and no more blocks.
    """
    if spec is None:
        return
    parameters = network.parameters
    parameters.rate_factors = network.arena.full((parameters.size,), network.dtype, lambda _: _factors(network, spec))


def set_penalty_factors(network: Network, spec: RegularizationSpec) -> None:
    """Give the network's parameters the factors of penalties and weight decay; none are stored if all are 1."""
    parameters = network.parameters
    parameters.penalty_factors = {
        prefix + name: factor
        for prefix, layer in leaf_layers(network.sequential)
        for name in layer.parameter_shapes()
        if (factor := _layer_factor(network.layers[int(prefix.partition(".")[0])].id.spec_index, spec)) != 1
    }


def _factors(network: Network, spec: LearningRateFactorsSpec) -> Array:
    """Return the factor of each learned number (parameters,), in the order of the parameter vector."""
    factors = np.ones(network.parameters.size)
    views = network.parameters.views(factors)
    for prefix, layer in leaf_layers(network.sequential):
        outer = network.layers[int(prefix.partition(".")[0])].id.spec_index
        for name, shape in layer.parameter_shapes().items():
            flat(views[prefix + name])[:] = _kind_factor(layer, name, shape, spec) * _layer_factor(outer, spec)
    return factors


def _layer_factor(index: int | None, spec: LearningRateFactorsSpec | RegularizationSpec) -> float:
    """Return the factor of a layer of the spec; None: the output layer."""
    if index is None:
        return spec.output
    return spec.layers[index] if index < len(spec.layers) else 1.0


def _kind_factor(layer: Layer, name: str, shape: Shape, spec: LearningRateFactorsSpec) -> float:
    if layer.is_vector(name):
        return spec.embeddings
    if len(shape) > 1:
        return spec.weights / (math.sqrt(math.prod(shape[1:])) if spec.by_fan_in else 1.0)
    return spec.biases if "bias" in name else spec.gains
