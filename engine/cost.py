"""Estimate the cost of training a network before any array exists: parameters, operations and bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.diagnostics import layer_statistics
from engine.layers.layer_id import LayerId
from engine.memory import Shape
from engine.network import Network, working_rows
from engine.spec import TrainingSpec
from engine.training.parallel.shards import gradient_vectors
from engine.training.update_memory import allocate_update_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCost:
    """The cost of one layer (PyTorch module). Operations are per row."""

    id: LayerId
    output_shape: Shape
    parameters: int
    flops_forward: int
    flops_backward: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of training a network.

    Operations are per row: two per multiply-add, one per function of a number. Loss and optimizer are not included.
    `bytes` is the peak of the engine's own memory: parameters, gradients, optimizer, the copy of the best epoch,
    working memory, samples for layer statistics, and one checkpoint while it is written (`checkpoint_bytes`), with all
    networks of a bag or a cross-validation. The data set is not included.
    """

    parameters: int
    layers: tuple[LayerCost, ...]
    flops_forward: int
    flops_backward: int
    bytes: int
    checkpoint_bytes: int


def estimate_cost(network: Network, training: TrainingSpec, bag_size: int | None = None) -> Cost:
    """Return the cost of training a network built on a `DryArena`, which counts what it would allocate.

    `bag_size`: the number of equal networks that train together and share working memory; parameters and operations are
    those of one. None: one network, and those of the cross-validation that `training` requests.

    Raises:
        ValueError: layers cannot be frozen.
    """
    network.freeze(training.always_frozen)
    initial = network.arena.bytes
    network.allocate(working_rows(training.batch_size), training=True)
    working = network.arena.bytes - initial
    working += gradient_vectors(training) * network.parameters.gradients.nbytes
    memory = allocate_update_memory(network, training)
    layer_statistics.sample_layers(network)
    vector = network.parameters.vector.nbytes
    networks = bag_size or 1 + (training.validation.folds or 0)
    shared = working if bag_size else networks * working
    checkpoint = 2 * vector + memory.bytes  # the parameters, those of the best epoch, and the optimizer
    layers = tuple(_layer_cost(network, index) for index in range(len(network.layers)))
    return Cost(
        parameters=network.parameters.size,
        layers=layers,
        flops_forward=sum(layer.flops_forward for layer in layers),
        flops_backward=sum(layer.flops_backward for layer in layers),
        bytes=shared + networks * (network.arena.bytes - working + vector + checkpoint),
        checkpoint_bytes=networks * checkpoint,
    )


def _layer_cost(network: Network, index: int) -> LayerCost:
    layer = network.layers[index]
    forward, backward = layer.flops()
    return LayerCost(
        id=layer.id,
        output_shape=layer.output_shape,
        parameters=sum(math.prod(shape) for shape in layer.parameter_shapes().values()),
        flops_forward=forward,
        flops_backward=backward if index >= network.sequential.first else 0,
    )
