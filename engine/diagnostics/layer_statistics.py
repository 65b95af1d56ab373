"""How each layer is doing: sizes of its numbers now and then, and which layer a run that diverged broke down in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from engine.layers.activations import Activation
from engine.layers.layer import Layer
from engine.layers.residual import Residual
from engine.layers.sequential import Sequential
from engine.memory import Array, Image
from engine.network import Network
from engine.parameters import flat

PROBE_ROWS = 128  # rows on which outputs are looked at: enough to tell a dead unit from one at rest
SAMPLE = 4_096  # numbers looked at of each parameter: a root mean square is then right to about 2 %
EVERY_STEPS = 256  # between two looks, and as many rows as EVERY_PROBES probes have: both keep the cost below 2 %
EVERY_PROBES = 50


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """How a layer is doing. Sizes are root mean squares; what a layer does not have is None.

    `gradient` is what the optimizer got in the epoch's last step, `update` what it made of it, and `weight` the
    parameters before.
    """

    label: str
    gradient: float | None
    weight: float | None
    update: float | None
    activation: float | None  # of the outputs
    dead: float | None  # share of units where no row of a sample has a slope to learn by
    saturated: float | None  # share of outputs within 1 % of the ends of tanh or sigmoid


class Watch:
    """Looks at a network at the end of some epochs, and changes nothing that a run depends on.

    Two looks are at least EVERY_STEPS steps and EVERY_PROBES * PROBE_ROWS rows apart, but for the first and the last
    epoch. Gradients and updates are those of the epoch's last step; outputs are those for PROBE_ROWS evenly spaced
    rows, without dropout.
    """

    def __init__(self, network: Network, x: Array, *, steps_per_epoch: int, epochs: int) -> None:
        self.network = network
        self.probe = x[:: max(1, len(x) // PROBE_ROWS)][:PROBE_ROWS]
        rows_per_step = len(x) / steps_per_epoch
        self.period = max(EVERY_STEPS, math.ceil(EVERY_PROBES * PROBE_ROWS / rows_per_step))
        self.steps_per_epoch = steps_per_epoch
        self.epochs = epochs
        self.groups = sample_layers(network)

    def is_due(self, epoch: int) -> bool:
        """Say whether to look at the end of an epoch, counted from 1."""
        before, after = ((epoch - back) * self.steps_per_epoch // self.period for back in (1, 0))
        return epoch in {1, self.epochs} or before < after

    def update(self, step: Callable[[], None]) -> dict[str, list[float]]:
        """Make a step; return label -> sizes of gradient, weights before it and change, for each layer that learns."""
        sizes = {}
        learners = {label: group for label, group in self.groups.items() if group.parameters}
        for label, group in learners.items():
            sizes[label] = [group.size("gradient"), group.size("value")]
            group.remember()
        step()
        for label, group in learners.items():
            sizes[label].append(group.change())
        return sizes

    def look(self, sizes: dict[str, list[float]]) -> tuple[LayerStatistics, ...]:
        """Return what `update` found, together with the sizes of the outputs; input to output."""
        self.network.forward(np.ascontiguousarray(self.probe))
        return tuple(_sizes(label, group, sizes.get(label)) for label, group in self.groups.items())


@dataclass(slots=True)
class _Sample:
    """Evenly spaced numbers of one parameter, as views."""

    numbers: int  # of the whole parameter
    value: Array
    gradient: Array
    before: Array  # a copy


@dataclass(slots=True)
class Group:
    """A layer of the spec: what learns in it, and the last step of it, its activation if it has one."""

    last: Layer
    parameters: list[_Sample] = field(default_factory=list)

    def size(self, what: str) -> float:
        """Return the root mean square over all parameters."""
        return self._mean(getattr(part, what) for part in self.parameters)

    def remember(self) -> None:
        """Keep the values as they are."""
        for part in self.parameters:
            part.before[:] = part.value

    def change(self) -> float:
        """Return the root mean square of the changes since then."""
        return self._mean(np.subtract(part.value, part.before, out=part.before) for part in self.parameters)

    def _mean(self, samples: Iterator[Array]) -> float:
        sizes = [part.numbers for part in self.parameters]
        squares = (float(sample.dot(sample)) / sample.size for sample in samples)
        return math.sqrt(sum(size * square for size, square in zip(sizes, squares, strict=True)) / sum(sizes))


def sample_layers(network: Network) -> dict[str, Group]:
    """Return the layers by label, input to output, those inside of blocks too; memory is the network's arena's."""
    values, gradients = network.parameters.values, network.parameters.views(network.parameters.gradients)
    found: dict[str, Group] = {}
    for prefix, layer in leaves(network.sequential):
        group = found.setdefault(layer.label, Group(layer))
        group.last = layer
        for name in layer.parameter_shapes():
            value, gradient = (_spaced(views[prefix + name]) for views in (values, gradients))
            before = network.arena.empty(value.shape, network.dtype)
            group.parameters.append(_Sample(values[prefix + name].size, value, gradient, before))
    return found


def _spaced(values: Array) -> Array:
    """Return about SAMPLE numbers at even distances, which hit each row and column alike."""
    distance = max(1, values.size // SAMPLE)
    while any(math.gcd(distance, length) > 1 for length in values.shape):
        distance += 1
    return flat(values)[::distance]


def leaves(layer: Layer, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Yield the layers that contain no layers, input to output, and what their parameters' names begin with."""
    match layer:
        case Sequential():
            parts: dict[str, Layer] = {str(index): inner for index, inner in enumerate(layer.layers)}
        case Residual():
            parts = dict(layer.parts)
        case _:
            yield prefix, layer
            return
    for name, inner in parts.items():
        yield from leaves(inner, f"{prefix}{name}.")


def _sizes(label: str, group: Group, learned: list[float] | None) -> LayerStatistics:
    gradient, weight, update = learned or (None, None, None)
    activation, dead, saturated = _outputs(group.last)
    return LayerStatistics(label, gradient, weight, update, activation, dead, saturated)


def _outputs(layer: Layer) -> tuple[float | None, float | None, float | None]:
    """Return the root mean square of a layer's latest outputs, the share of dead units and of saturated outputs."""
    y: Array | None = None if layer.returns_input else getattr(layer, "y", None)
    if y is None:
        return None, None, None
    flat = y.reshape(-1)
    size = math.sqrt(float(flat.dot(flat)) / flat.size)
    if not (isinstance(layer, Activation) and layer.asymptotes):
        return size, None, None
    there = layer.is_flat()
    unit = 0 if isinstance(layer.output_shape, Image) else y.ndim - 1  # a channel, or a feature
    dead = there.all(axis=tuple(axis for axis in range(y.ndim) if axis != unit)).mean()
    return size, float(dead), float(there.mean()) if len(layer.asymptotes) > 1 else None


def culprit(network: Network, x: Array) -> str:
    """Return the label of the layer to blame for a batch whose loss or gradient is out of bounds.

    That is the first layer whose outputs are not finite ("inputs", if those are not), else the last whose gradient is
    not, since gradients come from the output, else the one with the largest. `x` is the batch of the failed step, whose
    gradients are still in place; it is run forward again, without dropout.
    """
    outputs = x
    if not np.isfinite(x).all():
        return "inputs"
    for layer in network.layers:
        outputs = layer.forward(outputs, None)
        if not np.isfinite(outputs).all():
            return layer.label
    norms = _gradient_norms(network)
    broken = [label for label, norm in norms.items() if not math.isfinite(norm)]
    return broken[-1] if broken else max(norms, key=lambda label: norms[label])


def _gradient_norms(network: Network) -> dict[str, float]:
    """Return label -> norm of the layer's whole gradient, input to output, in float64."""
    norms = {network.layers[index].label: 0.0 for index in network.trainable}
    views = network.parameters.views(network.parameters.gradients)
    for index in network.trainable:
        layer = network.layers[index]
        parts = [views[f"{index}.{name}"].astype(np.float64) for name in layer.parameter_shapes()]
        norms[layer.label] = math.hypot(*(float(np.linalg.norm(part)) for part in parts))
    return norms
