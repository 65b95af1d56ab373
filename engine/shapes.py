"""What a network costs, before any array exists: parameters, operations, bytes."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from engine.diagnostics import layer_statistics
from engine.layers.layer_id import LayerId
from engine.memory import DryArena, Shape
from engine.network import Network, working_rows
from engine.spec import AveragingSpec, LayerSpec, LossName, LossSpec, OptimizerSpec, Precision
from engine.training.update_memory import allocate_update_memory


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCount:
    """The cost of one layer (PyTorch module); operations per row."""

    id: LayerId
    outputs: int  # per row
    output_shape: Shape
    parameters: int
    flops_forward: int
    flops_backward: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The cost of training a network.

    Operations are per row: two per multiply-add, one per function of a number; loss and optimizer
    are left out. `bytes` is the peak of the engine's own memory: parameters, gradients, optimizer,
    the best epoch's copy, working memory, samples for the diagnosis, and one checkpoint on its way out
    (`checkpoint_bytes`). The data set comes on top.
    """

    parameters: int
    layers: tuple[LayerCount, ...]
    flops_forward: int
    flops_backward: int
    bytes: int
    checkpoint_bytes: int


def count(  # noqa: PLR0913, PLR0917 - the cost depends on these six things
    layers: Sequence[LayerSpec],
    inputs: int,
    outputs: int | Shape,
    batch_size: int,
    precision: Precision,
    optimizer: OptimizerSpec,
    *,
    loss: LossName | LossSpec = "softmax_cross_entropy",
    accumulate: int = 1,
    averaging: AveragingSpec | None = None,
    frozen: Collection[int] = (),
) -> Counts:
    """Count by building the network, its working memory and the optimizer on an arena without memory.

    Raises:
        ValueError: the layers do not fit each other, the inputs or the outputs, or cannot be frozen.
    """
    arena = DryArena()
    network = Network(layers, inputs=inputs, outputs=outputs, loss=loss, precision=precision, arena=arena)
    network.freeze(frozen)
    network.allocate(working_rows(batch_size), training=True)
    memory = allocate_update_memory(network, optimizer, accumulate=accumulate, averaging=averaging)
    layer_statistics.sample_layers(network)
    vector = network.parameters.vector.nbytes
    checkpoint = 2 * vector + memory.bytes  # the parameters, the best epoch's, and what learning keeps
    per_layer = tuple(_count_layer(network, index) for index in range(len(network.layers)))
    return Counts(
        parameters=network.parameters.size,
        layers=per_layer,
        flops_forward=sum(layer.flops_forward for layer in per_layer),
        flops_backward=sum(layer.flops_backward for layer in per_layer),
        bytes=arena.bytes + vector + checkpoint,
        checkpoint_bytes=checkpoint,
    )


def _count_layer(network: Network, index: int) -> LayerCount:
    layer = network.layers[index]
    forward, backward = layer.flops()
    return LayerCount(
        id=layer.id,
        outputs=layer.outputs,
        output_shape=layer.output_shape,
        parameters=sum(math.prod(shape) for shape in layer.parameter_shapes().values()),
        flops_forward=forward,
        flops_backward=backward if index >= network.sequential.first else 0,
    )
