"""From specs to layers: the one place that knows every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from engine.initializers import resolve
from engine.layers.activations import Elu, LeakyRelu, Relu, Sigmoid, Softplus, Tanh
from engine.layers.dense import Dense
from engine.layers.dropout import Dropout
from engine.layers.gates import Gelu, Silu
from engine.layers.layer import Layer
from engine.spec import DenseSpec, DropoutSpec, LayerSpec

ACTIVATIONS: dict[str, Callable[[int, str], Layer]] = {
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "gelu": Gelu,
    "silu": Silu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
}


def build(specs: Sequence[LayerSpec], inputs: int, outputs: int) -> list[Layer]:
    """Return the layers of a network, the linear output layer last; the n-th is PyTorch's module n.

    Raises:
        ValueError: a layer would write over an output that its predecessor still needs.
    """
    layers: list[Layer] = []
    width = inputs
    for index, spec in enumerate(specs):
        layers += _layers_of(spec, width, f"layers[{index}] ({spec.type})")
        width = layers[-1].outputs
    layers.append(Dense(width, outputs, "output", "glorot_uniform"))
    refuse_spoiling(layers)
    _stop_gradient_at_first_learner(layers)
    return layers


def refuse_spoiling(layers: Sequence[Layer]) -> None:
    """Raise ValueError when a layer would overwrite the network's input or an output still needed."""
    if layers[0].overwrites_input:
        raise ValueError(f"{layers[0].label} would overwrite the network's input")
    for below, above in pairwise(layers):
        if below.keeps_output and above.overwrites_input:
            raise ValueError(f"{above.label} would overwrite the output that {below.label} keeps")


def _layers_of(spec: LayerSpec, width: int, label: str) -> Iterator[Layer]:
    match spec:
        case DenseSpec(units=units, activation=activation):
            yield Dense(width, units, label, resolve(spec.initializer, activation))
            if activation != "linear":
                yield ACTIVATIONS[activation](units, label)
        case DropoutSpec(rate=rate):
            yield Dropout(width, label, rate)


def _stop_gradient_at_first_learner(layers: Sequence[Layer]) -> None:
    for layer in layers:
        layer.passes_gradient = False
        if layer.parameter_shapes():
            return
