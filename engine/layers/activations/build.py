"""Build activations by name. `ACTIVATIONS` is the registry: a new activation adds one line."""

from __future__ import annotations

from collections.abc import Callable

from engine.layers.activations.activation import Linear
from engine.layers.activations.gated import Silu
from engine.layers.activations.gelu import Gelu
from engine.layers.activations.rectifiers import Elu, LeakyRelu, Relu, Softplus
from engine.layers.activations.sigmoids import Sigmoid, Tanh
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Shape

ACTIVATIONS: dict[str, Callable[[Shape, LayerId], Layer]] = {
    "linear": Linear,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "gelu": Gelu,
    "silu": Silu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
}
