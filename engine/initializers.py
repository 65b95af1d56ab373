"""Random weights of the right size to start from."""

from __future__ import annotations

import math

import numpy as np

from engine.memory import Array
from engine.spec import ActivationName, InitializerName

RECTIFIERS = frozenset({"relu", "leaky_relu", "elu", "gelu", "silu", "softplus"})


def resolve(name: InitializerName, activation: ActivationName) -> InitializerName:
    """Return what "auto" means in front of an activation."""
    if name != "auto":
        return name
    return "he_normal" if activation in RECTIFIERS else "glorot_uniform"


def fill(weights: Array, name: InitializerName, rng: np.random.Generator) -> None:
    """Write initial values into `weights: (outputs, inputs)`.

    The variance is 2 / inputs for he (He et al., 2015), 2 / (inputs + outputs) for glorot
    (Glorot and Bengio, 2010), 1 / inputs for lecun (LeCun et al., 1998).
    """
    if name == "zeros":
        weights.fill(0)
        return
    outputs, inputs = weights.shape
    family, _, distribution = name.partition("_")
    deviation = math.sqrt({"he": 2 / inputs, "glorot": 2 / (inputs + outputs), "lecun": 1 / inputs}[family])
    if distribution == "normal":
        rng.standard_normal(dtype=weights.dtype, out=weights)
        weights *= deviation
    else:
        bound = math.sqrt(3) * deviation
        rng.random(dtype=weights.dtype, out=weights)
        weights *= 2 * bound
        weights -= bound
