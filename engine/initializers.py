"""Initial weights: random values of the right size."""

from __future__ import annotations

import math

import numpy as np

from engine.memory import Array
from engine.spec import ActivationName, BiasInitializerName, InitializerName

RECTIFIERS = frozenset({"relu", "leaky_relu", "elu", "gelu", "gelu_exact", "silu", "mish", "softplus"})


def resolve(name: InitializerName, activation: ActivationName) -> InitializerName:
    """Return the initializer that "auto" stands for before an activation."""
    if name != "auto":
        return name
    if activation == "selu":
        return "lecun_normal"  # keeps mean 0 and variance 1 from layer to layer (Klambauer et al., 2017)
    return "he_normal" if activation in RECTIFIERS else "glorot_uniform"


def fill(weights: Array, name: InitializerName, rng: np.random.Generator) -> None:
    """Write initial values into `weights: (outputs, inputs)`, or (outputs, inputs, *kernel) of a convolution.

    With k numbers in the kernel (1 without one) the variance is 2 / (k inputs) for he (He et al., 2015),
    2 / (k inputs + k outputs) for glorot (Glorot and Bengio, 2010), 1 / (k inputs) for lecun (LeCun et al., 1998).
    """
    if name == "zeros":
        weights.fill(0)
    elif name == "orthogonal":
        _fill_orthogonal(weights, rng)
    else:
        family, _, distribution = name.partition("_")
        _fill_random(weights, _standard_deviation(weights.shape, family), distribution, rng)


def fill_bias(bias: Array, name: BiasInitializerName, rng: np.random.Generator) -> None:
    """Write initial values into `bias: (outputs,)`: zeros, which draw nothing, or standard normal values."""
    if name == "zeros":
        bias.fill(0)
    else:
        rng.standard_normal(dtype=bias.dtype, out=bias)


def _standard_deviation(shape: tuple[int, ...], family: str) -> float:
    inputs = math.prod(shape[1:])
    outputs = shape[0] * math.prod(shape[2:])
    return math.sqrt({"he": 2 / inputs, "glorot": 2 / (inputs + outputs), "lecun": 1 / inputs}[family])


def _fill_random(weights: Array, std: float, distribution: str, rng: np.random.Generator) -> None:
    if distribution == "normal":
        weights[...] = rng.standard_normal(weights.shape, weights.dtype)
        weights *= std
    else:
        bound = math.sqrt(3) * std
        weights[...] = rng.random(weights.shape, weights.dtype)
        weights *= 2 * bound
        weights -= bound


def _fill_orthogonal(weights: Array, rng: np.random.Generator) -> None:
    """Write a matrix with orthonormal rows, or columns if those are fewer (Saxe et al., 2014).

    The signs of the diagonal of R make the distribution uniform over all such matrices (Mezzadri, 2007).
    """
    rows, columns = weights.shape[0], math.prod(weights.shape[1:])
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.where(np.diagonal(r) < 0, -1.0, 1.0)
    weights[...] = (q if rows >= columns else q.T).reshape(weights.shape)
