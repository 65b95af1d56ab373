"""Activations, made of operators that runtimes have for float32 and float64. `ACTIVATIONS` is the registry."""

from collections.abc import Callable
from typing import Any

from engine.interchange.onnx.graph import Nodes, Value
from engine.layers.activations.gated import SATURATED, Mish, Silu
from engine.layers.activations.gelu import GELU_CUBE, GELU_SLOPE, LONG_FIT, ExactGelu, Gelu
from engine.layers.activations.rectifiers import LEAK, SELU_ALPHA, SELU_SCALE, Elu, LeakyRelu, Relu, Selu, Softplus
from engine.layers.activations.sigmoids import Sigmoid, Tanh
from engine.layers.layer import Layer

# ruff: noqa: ARG001 - all layers have the same signature


def relu(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return max(x, 0)."""
    return nodes.add("Relu", x)


def leaky_relu(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return x for x > 0, else LEAK * x."""
    return nodes.add("Max", x, nodes.add("Mul", x, LEAK))


def elu(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return max(x, 0) + exp(min(x, 0)) - 1."""
    return nodes.add("Add", nodes.add("Relu", x), below_zero(nodes, x))


def below_zero(nodes: Nodes, x: Value) -> Value:
    """Return exp(min(x, 0)) - 1."""
    return nodes.add("Sub", nodes.add("Exp", nodes.add("Min", x, 0.0)), 1.0)


def selu(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return SCALE max(x, 0) + SCALE ALPHA (exp(min(x, 0)) - 1)."""
    below = nodes.add("Mul", below_zero(nodes, x), SELU_SCALE * SELU_ALPHA)
    return nodes.add("Add", nodes.add("Mul", nodes.add("Relu", x), SELU_SCALE), below)


def tanh(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return the hyperbolic tangent of x."""
    return nodes.add("Tanh", x)


def sigmoid(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return 1 / (1 + exp(-x))."""
    return nodes.add("Sigmoid", x)


def softplus(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return log(1 + exp(x))."""
    return softplus_of(nodes, x)


def softplus_of(nodes: Nodes, x: Value) -> Value:
    """Return max(x, 0) + log(1 + exp(-|x|)), because Softplus is not implemented everywhere in float64."""
    small = nodes.add("Exp", nodes.add("Neg", nodes.add("Abs", x)))
    return nodes.add("Add", nodes.add("Relu", x), nodes.add("Log", nodes.add("Add", small, 1.0)))


def silu(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return x * sigmoid(x)."""
    return nodes.add("Mul", x, nodes.add("Sigmoid", x))


def mish(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return x * n / (n + 2), n = e (e + 2), e = exp(x)."""
    e = nodes.add("Exp", nodes.add("Min", x, SATURATED))
    n = nodes.add("Mul", e, nodes.add("Add", e, 2.0))
    return nodes.add("Mul", x, nodes.add("Div", n, nodes.add("Add", n, 2.0)))


def exact_gelu(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return max(x, 0) - z q with z = |x| and the upper tail q of the normal distribution at z."""
    z = nodes.add("Abs", x)
    gaussian = nodes.add("Exp", nodes.add("Mul", nodes.add("Mul", z, z), -0.5))
    ratio = nodes.add("Div", polynomial(nodes, z, LONG_FIT.numerator), polynomial(nodes, z, LONG_FIT.denominator))
    return nodes.add("Sub", nodes.add("Relu", x), nodes.add("Mul", z, nodes.add("Mul", ratio, gaussian)))


def polynomial(nodes: Nodes, z: Value, coefficients: tuple[float, ...]) -> Value:
    """Return the polynomial with these coefficients, highest power first."""
    total = nodes.add("Mul", z, coefficients[0])
    for coefficient in coefficients[1:-1]:
        total = nodes.add("Mul", nodes.add("Add", total, coefficient), z)
    return nodes.add("Add", total, coefficients[-1])


def gelu(nodes: Nodes, layer: Layer, x: Value) -> Value:
    """Return x * (1 + tanh(c (x + 0.044715 x^3))) / 2."""
    growth = nodes.add("Add", nodes.add("Mul", nodes.add("Mul", x, x), GELU_CUBE), 1.0)
    inner = nodes.add("Mul", growth, nodes.add("Mul", x, GELU_SLOPE))
    gate = nodes.add("Mul", nodes.add("Add", nodes.add("Tanh", inner), 1.0), 0.5)
    return nodes.add("Mul", x, gate)


ACTIVATIONS: dict[type[Layer], Callable[[Nodes, Any, Value], Value]] = {
    Relu: relu,
    LeakyRelu: leaky_relu,
    Elu: elu,
    Selu: selu,
    Gelu: gelu,
    ExactGelu: exact_gelu,
    Silu: silu,
    Mish: mish,
    Tanh: tanh,
    Sigmoid: sigmoid,
    Softplus: softplus,
}
