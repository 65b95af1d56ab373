"""The path of one weight to the loss: its gradient as a product of the terms of the chain rule, for one row of a batch.

By the chain rule, the gradient of a weight is a sum over all paths from it to the loss; each path contributes the
product of its factors: the input of the weight, then the slope of each activation and the weight of each connection on
the way, and last the error of an output (Rumelhart, Hinton and Williams, 1986).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from engine.layers.activations.activation import Activation, Linear
from engine.layers.activations.parametric import ParametricActivation
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.embedding.column_embedding import ColumnEmbedding
from engine.layers.embedding.periodic_embedding import PeriodicEmbedding
from engine.layers.normalization.batch_norm import BatchNorm
from engine.layers.scale import Scale
from engine.measured_step.walk import MiniBatch, Observer, walk
from engine.memory import Array
from engine.network import Network

FactorKind = Literal["input", "slope", "scale", "weight", "error", "later_layers"]
SLOPES = (Activation, ParametricActivation)
UNCHANGED = (Linear, Dropout)  # in inference mode
ELEMENTWISE = (*SLOPES, *UNCHANGED, BatchNorm, Scale)  # an output depends on the input at its place alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """One factor of a path. `unit`: the one that it leads to, counted from 0; `layer`: the label of its layer.

    "error" is the gradient of the loss with respect to an output of the network, for this row; "later_layers" is the
    gradient that layers which the path cannot be followed through have sent back.
    """

    kind: FactorKind
    value: float
    layer: str
    unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightPath:
    """The gradient of one weight, for one row of the batch and for the whole batch.

    input: the number of the network's input that the weight reads; None if layers before mix the inputs.
    factors: of the strongest path; path: their product. row_gradient: the sum over all paths. gradient: the sum over
    all rows of the batch, as each row counts 1 / rows in the mean loss.
    """

    parameter: str
    layer: str
    index: tuple[int, int]
    input: int | None
    value: float
    row: int
    factors: tuple[Factor, ...]
    path: float
    row_gradient: float
    gradient: float


@dataclass(slots=True)
class WalkedArrays(Observer):
    """Copies of everything that passed between the layers from `first` on; `inputs` are those of the first layer."""

    inputs: Array
    outputs: dict[int, Array] = field(default_factory=dict)
    arriving: dict[int, Array] = field(default_factory=dict)
    error: Array = field(default_factory=lambda: np.empty(0))

    def forward(self, layer: int, outputs: Array) -> None:
        """Keep the outputs."""
        self.outputs[layer] = outputs.copy()

    def loss(self, gradient: Array) -> None:
        """Keep the gradient of the logits."""
        self.error = gradient.copy()

    def arrives(self, layer: int, gradient: Array) -> None:
        """Keep the gradient of the layer's outputs."""
        self.arriving[layer] = gradient.copy()

    def input_of(self, layer: int) -> Array:
        """Return the inputs of a layer (rows, *input_shape)."""
        return self.outputs[layer - 1] if layer else self.inputs


def walk_and_keep(network: Network, batch: MiniBatch) -> WalkedArrays:
    """Run the batch through the network and return copies of what passed between its layers."""
    found = WalkedArrays(batch.x)
    walk(network, batch, found)
    return found


def weight_path(network: Network, arrays: WalkedArrays) -> WeightPath | None:
    """Follow the weight that contributes most to the error in the first dense layer that trains.

    Returns None if there is no such layer, or no weight of it has a gradient.
    """
    layer = next(filter(lambda index: type(network.layers[index]) is Dense, network.sequential.trainable), None)
    if layer is None:
        return None
    name, dense = f"{layer}.weight", network.layers[layer]
    weights = network.parameters.values[name]
    gradients = network.parameters.views(network.parameters.gradients)[name]
    unit, source = map(int, np.unravel_index(np.argmax(np.abs(weights * gradients)), weights.shape))
    products = arrays.input_of(layer)[:, source] * arrays.arriving[layer][:, unit]
    row = int(np.argmax(np.abs(products)))
    if not products[row]:
        return None
    start = Factor(kind="input", value=float(arrays.input_of(layer)[row, source]), layer=dense.label, unit=source)
    factors = (start, *_factors(network, arrays, layer, unit, row))
    return WeightPath(
        parameter=name,
        layer=dense.label,
        index=(unit, source),
        input=_network_input(network, layer, source),
        value=float(weights[unit, source]),
        row=row,
        factors=factors,
        path=float(np.prod([factor.value for factor in factors])),
        row_gradient=float(products[row]),
        gradient=float(gradients[unit, source]),
    )


def _network_input(network: Network, layer: int, source: int) -> int | None:
    """Return which input of the network reaches an input of a layer; None if the layers before it mix the inputs."""
    for before in reversed(network.layers[:layer]):
        match before:
            case PeriodicEmbedding() if source >= before.inputs:
                source = before.columns[(source - before.inputs) // before.size]
            case ColumnEmbedding():
                source = _embedded_column(before, source)
            case PeriodicEmbedding():
                pass
            case _ if not isinstance(before, ELEMENTWISE):
                return None
    return source


def _embedded_column(layer: ColumnEmbedding, source: int) -> int:
    """Return the column that an output of an embedding layer was made from."""
    for column, part in zip(layer.columns, layer.embedded, strict=True):
        if part.start <= source < part.stop:
            return int(column)
    starts = (old.start + source - new.start for old, new in layer.copied if new.start <= source < new.stop)
    return int(next(starts))


def _factors(network: Network, arrays: WalkedArrays, layer: int, unit: int, row: int) -> Iterator[Factor]:
    """Yield the factors behind a dense layer, along the connection that carries most at each layer."""
    for index in range(layer + 1, len(network.layers)):
        following = network.layers[index]
        if isinstance(following, ELEMENTWISE):
            if not isinstance(following, UNCHANGED):
                yield _slope(network, arrays, index, unit, row)
        elif type(following) is Dense:
            carried = following.W[:, unit] * arrays.arriving[index][row]
            chosen = int(np.argmax(np.abs(carried)))
            weight = float(following.W[chosen, unit])
            yield Factor(kind="weight", value=weight, layer=following.label, unit=chosen)
            unit = chosen
        else:
            back = float(arrays.arriving[index - 1].reshape(len(arrays.inputs), -1)[row, unit])
            yield Factor(kind="later_layers", value=back, layer=following.label, unit=unit)
            return
    last = network.layers[-1].label
    yield Factor(
        kind="error", value=float(arrays.error.reshape(len(arrays.inputs), -1)[row, unit]), layer=last, unit=unit
    )


def _slope(network: Network, arrays: WalkedArrays, index: int, unit: int, row: int) -> Factor:
    """Return what an elementwise layer multiplies the gradient of a unit with, for one row."""
    layer = network.layers[index]
    kind: FactorKind = "slope" if isinstance(layer, SLOPES) else "scale"
    value = float(arrays.arriving[index - 1][row, unit] / arrays.arriving[index][row, unit])
    return Factor(kind=kind, value=value, layer=layer.label, unit=unit)
