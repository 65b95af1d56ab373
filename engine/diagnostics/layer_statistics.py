"""Layer statistics: the sizes of each layer's gradient, weights, update and outputs, measured in some epochs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from engine.diagnostics.leaf_layers import leaf_layers
from engine.layers.activations.activation import Activation
from engine.layers.layer import Layer
from engine.memory import Array, Image
from engine.network import Network
from engine.parameters import flat

SAMPLE_ROWS = 128  # rows on which outputs are measured: enough to tell a dead unit from an inactive one
SAMPLE_VALUES = 4_096  # values measured per parameter: a root mean square is then right to about 2 %
MIN_STEPS_BETWEEN = 256  # between two measurements, and as many rows as MIN_SAMPLES_BETWEEN samples have:
MIN_SAMPLES_BETWEEN = 50  # both keep the cost below 2 %


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """The statistics of one layer. Sizes are root mean squares. A value that a layer does not have is None.

    `gradient` is the gradient in the epoch's last step, `update` the change that the optimizer made from it, and
    `weight` the parameters before that step.
    """

    label: str
    gradient: float | None
    weight: float | None
    update: float | None
    activation: float | None  # of the outputs
    dead: float | None  # share of units with a slope of zero for every sampled row
    saturated: float | None  # share of outputs within 1 % of the bounds of tanh or sigmoid
    type: str = ""  # of the layer

    def as_json(self) -> dict[str, Any]:
        """Return the fields that users see."""
        return {name: value for name, value in asdict(self).items() if name != "type"}


class LayerMonitor:
    """Measures a network at the end of some epochs, without changing anything that training depends on.

    Measures the first and the last epoch. Between two measurements are at least MIN_STEPS_BETWEEN steps and
    MIN_SAMPLES_BETWEEN * SAMPLE_ROWS rows. Gradients and updates are those of the epoch's last step. Outputs are those
    for SAMPLE_ROWS evenly spaced rows of `x`, without dropout. `rows` train the network in each epoch; None: those of
    `x`.
    """

    def __init__(
        self, network: Network, x: Array, *, steps_per_epoch: int, epochs: int, rows: int | None = None
    ) -> None:
        self.network = network
        self.sample = x[:: max(1, len(x) // SAMPLE_ROWS)][:SAMPLE_ROWS]
        rows_per_step = (rows or len(x)) / steps_per_epoch
        self.period = max(MIN_STEPS_BETWEEN, math.ceil(MIN_SAMPLES_BETWEEN * SAMPLE_ROWS / rows_per_step))
        self.steps_per_epoch = steps_per_epoch
        self.epochs = epochs
        self.layers = sample_layers(network)

    def is_due(self, epoch: int) -> bool:
        """Return whether to measure at the end of an epoch, counted from 1."""
        before, after = ((epoch - back) * self.steps_per_epoch // self.period for back in (1, 0))
        return epoch in {1, self.epochs} or before < after

    def measure_update(self, step: Callable[[], None]) -> dict[str, list[float]]:
        """Make a step. Return the sizes of gradient, weights before it and update for each layer with parameters."""
        sizes = {}
        learning = {label: layer for label, layer in self.layers.items() if layer.parameters}
        for label, layer in learning.items():
            sizes[label] = [layer.size("gradient"), layer.size("value")]
            layer.remember_values()
        step()
        for label, layer in learning.items():
            sizes[label].append(layer.change())
        return sizes

    def measure_layers(self, update_sizes: dict[str, list[float]]) -> tuple[LayerStatistics, ...]:
        """Measure the outputs, and return them with the result of `measure_update`, from input to output."""
        self.network.forward(np.ascontiguousarray(self.sample))
        return tuple(_statistics(label, layer, update_sizes.get(label)) for label, layer in self.layers.items())


@dataclass(slots=True)
class ParameterSample:
    """Views of evenly spaced values of one parameter."""

    count: int  # values of the whole parameter
    value: Array
    gradient: Array
    before: Array  # a copy of the values before a step


@dataclass(slots=True)
class LayerSample:
    """A layer of the spec: samples of its parameters, and its last module, which is its activation if it has one."""

    last_module: Layer
    parameters: list[ParameterSample] = field(default_factory=list)

    def size(self, what: str) -> float:
        """Return the root mean square of "gradient" or "value" over all parameters."""
        return self._root_mean_square(getattr(part, what) for part in self.parameters)

    def remember_values(self) -> None:
        """Copy the current values."""
        for part in self.parameters:
            part.before[:] = part.value

    def change(self) -> float:
        """Return the root mean square of the changes since `remember_values`."""
        return self._root_mean_square(np.subtract(part.value, part.before, out=part.before) for part in self.parameters)

    def _root_mean_square(self, samples: Iterator[Array]) -> float:
        counts = [part.count for part in self.parameters]
        squares = (float(sample.dot(sample)) / sample.size for sample in samples)
        return math.sqrt(sum(count * square for count, square in zip(counts, squares, strict=True)) / sum(counts))


def sample_layers(network: Network) -> dict[str, LayerSample]:
    """Return the layers by label, from input to output, including those inside blocks.

    Memory comes from the network's arena.
    """
    values, gradients = network.parameters.values, network.parameters.views(network.parameters.gradients)
    found: dict[str, LayerSample] = {}
    for prefix, layer in leaf_layers(network.sequential):
        sample = found.setdefault(layer.label, LayerSample(layer))
        sample.last_module = layer
        for name in layer.parameter_shapes():
            value, gradient = (_evenly_spaced(views[prefix + name]) for views in (values, gradients))
            before = network.arena.empty(value.shape, network.dtype)
            sample.parameters.append(ParameterSample(values[prefix + name].size, value, gradient, before))
    return found


def _evenly_spaced(values: Array) -> Array:
    """Return about SAMPLE_VALUES values at a distance that covers all rows and columns equally."""
    distance = max(1, values.size // SAMPLE_VALUES)
    while any(math.gcd(distance, length) > 1 for length in values.shape):
        distance += 1
    return flat(values)[::distance]


def _statistics(label: str, layer: LayerSample, update_sizes: list[float] | None) -> LayerStatistics:
    gradient, weight, update = update_sizes or (None, None, None)
    gone = layer.last_module.shares_memory
    activation, dead, saturated = (None, None, None) if gone else _output_statistics(layer.last_module)
    layer_type = layer.last_module.id.type
    return LayerStatistics(label, gradient, weight, update, activation, dead, saturated, layer_type)


def _output_statistics(module: Layer) -> tuple[float | None, float | None, float | None]:
    """Return the root mean square of a module's latest outputs, and the shares of dead units and saturated outputs."""
    y: Array | None = None if module.returns_input else getattr(module, "y", None)
    if y is None:
        return None, None, None
    values = y.reshape(-1)
    size = math.sqrt(float(values.dot(values)) / values.size)
    if not (isinstance(module, Activation) and module.asymptotes):
        return size, None, None
    is_flat = module.is_flat()
    unit_axis = 0 if isinstance(module.output_shape, Image) else y.ndim - 1  # a channel, or a feature
    dead = is_flat.all(axis=tuple(axis for axis in range(y.ndim) if axis != unit_axis)).mean()
    return size, float(dead), float(is_flat.mean()) if len(module.asymptotes) > 1 else None
