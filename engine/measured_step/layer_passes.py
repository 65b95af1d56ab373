"""What each layer does in one training step: sizes of its outputs and gradients, operations and time."""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.measured_step.walk import MiniBatch, Observer, walk
from engine.memory import Array, Shape
from engine.network import Network
from engine.parameters import flat

TIMED_SECONDS = 0.0003  # that repeated passes may take: enough to see past the first, slow one
MAX_PASSES = 9


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPass:
    """One layer of the spec, with its activation. Sizes are root mean squares; operations are per row.

    gradient_in: of the loss with respect to the outputs, as it arrives from the layers behind. gradient_out: with
    respect to the inputs, as it leaves for the layers before. Both are None where the backward pass does not run.
    weight, weight_gradient: None without parameters. seconds: of the whole batch, the median over several passes.
    """

    label: str
    type: str
    output_shape: Shape
    parameters: int
    frozen: bool
    activation: float
    gradient_in: float | None
    gradient_out: float | None
    weight: float | None
    weight_gradient: float | None
    flops_forward: int
    flops_backward: int
    forward_seconds: float
    backward_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPasses:
    """All layers from input to output, the mean loss of the batch, and the seconds of the loss itself."""

    loss: float
    loss_seconds: float
    layers: tuple[LayerPass, ...]


def measure_passes(network: Network, batch: MiniBatch, clock: Callable[[], float] = time.perf_counter) -> LayerPasses:
    """Run the batch through the network several times; return what each layer did. Nothing but gradients changes."""
    sizes = _Sizes()
    loss = walk(network, batch, sizes)
    timers: list[_Timer] = []
    end = clock() + TIMED_SECONDS
    while not timers or (clock() < end and len(timers) < MAX_PASSES):
        timers.append(_Timer(clock))
        walk(network, batch, timers[-1])
    return LayerPasses(
        loss=loss,
        loss_seconds=statistics.median(timer.loss_seconds for timer in timers),
        layers=tuple(_layer_pass(network, indices, sizes, timers) for indices in groups(network)),
    )


def groups(network: Network) -> list[tuple[int, ...]]:
    """Return the numbers of the modules of each layer of the spec: itself, and its activation if it has one."""
    numbered = itertools.groupby(range(len(network.layers)), key=lambda index: network.layers[index].id)
    return [tuple(indices) for _, indices in numbered]


def root_mean_square(values: Array) -> float:
    """Return the root mean square of all numbers of an array; 0 for none."""
    flat = values.reshape(-1)
    return math.sqrt(float(flat.dot(flat)) / flat.size) if flat.size else 0.0


def _layer_pass(network: Network, indices: tuple[int, ...], sizes: _Sizes, timers: Sequence[_Timer]) -> LayerPass:
    first, last = network.layers[indices[0]], network.layers[indices[-1]]
    names = [f"{index}.{name}" for index in indices for name in network.layers[index].parameter_shapes()]
    gradients = network.parameters.views(network.parameters.gradients)
    flops = [network.layers[index].flops() for index in indices]
    learns = [flop for index, flop in zip(indices, flops, strict=True) if index >= network.sequential.first]
    frozen = bool(names) and network.parameters.frozen.issuperset(names)
    return LayerPass(
        label=first.id.label,
        type=first.id.type,
        output_shape=tuple(last.output_shape),
        parameters=sum(network.parameters.values[name].size for name in names),
        frozen=frozen,
        activation=sizes.outputs[indices[-1]],
        gradient_in=sizes.arriving.get(indices[-1]),
        gradient_out=sizes.leaving.get(indices[0]) if first.passes_gradient else None,
        weight=joint_size([network.parameters.values[name] for name in names]),
        weight_gradient=None if frozen or not learns else joint_size([gradients[name] for name in names]),
        flops_forward=sum(forward for forward, _ in flops),
        flops_backward=sum(backward for _, backward in learns),
        forward_seconds=_median([timer.forward_seconds for timer in timers], indices),
        backward_seconds=_median([timer.backward_seconds for timer in timers], indices),
    )


def joint_size(arrays: Sequence[Array]) -> float | None:
    """Return the root mean square over several arrays; None without any."""
    count = sum(array.size for array in arrays)
    return math.sqrt(sum(float(np.vdot(flat(array), flat(array))) for array in arrays) / count) if count else None


def _median(passes: Sequence[dict[int, float]], indices: Sequence[int]) -> float:
    return statistics.median(sum(seconds.get(index, 0.0) for index in indices) for seconds in passes)


@dataclass(slots=True)
class _Sizes(Observer):
    """The root mean squares of outputs and gradients."""

    outputs: dict[int, float] = field(default_factory=dict)
    arriving: dict[int, float] = field(default_factory=dict)
    leaving: dict[int, float] = field(default_factory=dict)

    def forward(self, layer: int, outputs: Array) -> None:
        self.outputs[layer] = root_mean_square(outputs)

    def arrives(self, layer: int, gradient: Array) -> None:
        self.arriving[layer] = root_mean_square(gradient)

    def leaves(self, layer: int, gradient: Array) -> None:
        self.leaving[layer] = root_mean_square(gradient)


class _Timer(Observer):
    """The seconds of each layer and of the loss."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.loss_seconds = 0.0
        self.forward_seconds: dict[int, float] = {}
        self.backward_seconds: dict[int, float] = {}

    def start(self) -> None:
        self.last = self.clock()

    def forward(self, layer: int, outputs: Array) -> None:  # noqa: ARG002 - only the time counts
        self.forward_seconds[layer] = self._lap()

    def loss(self, gradient: Array) -> None:  # noqa: ARG002 - the same
        self.loss_seconds = self._lap()

    def leaves(self, layer: int, gradient: Array) -> None:  # noqa: ARG002 - the same
        self.backward_seconds[layer] = self._lap()

    def _lap(self) -> float:
        last, self.last = self.last, self.clock()
        return self.last - last
