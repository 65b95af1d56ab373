"""Build activations by name. `ACTIVATIONS` is the registry: a new activation adds one line."""

from __future__ import annotations

from collections.abc import Callable

from engine.layers.activations.activation import Linear
from engine.layers.activations.gated import Mish, Silu
from engine.layers.activations.gelu import ExactGelu, Gelu
from engine.layers.activations.parametric import ParametricActivation
from engine.layers.activations.rectifiers import Elu, LeakyRelu, Relu, Selu, Softplus
from engine.layers.activations.sigmoids import Sigmoid, Tanh
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Shape
from engine.spec import ActivationSpec


def activation(spec: ActivationSpec, shape: Shape, layer_id: LayerId) -> Layer:
    """Return the activation of a spec for rows of a shape."""
    function = ACTIVATIONS[spec.function](shape, layer_id)
    return ParametricActivation(function) if spec.parametric else function


ACTIVATIONS: dict[str, Callable[[Shape, LayerId], Layer]] = {
    "linear": Linear,
    "relu": Relu,
    "leaky_relu": LeakyRelu,
    "elu": Elu,
    "selu": Selu,
    "gelu": Gelu,
    "gelu_exact": ExactGelu,
    "silu": Silu,
    "mish": Mish,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "softplus": Softplus,
}
