"""Optimizers: how a gradient changes the parameters. Ten lines each, on flat vectors."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from engine.memory import Arena, Array
from engine.parameters import Parameters
from engine.spec import AdamSpec, AdamWSpec, OptimizerSpec, SgdSpec

BLOCK = 32_768  # numbers: the five vectors of an Adam block in float32 fit a 1 MiB cache


class Optimizer(ABC):
    """Flat vectors of state beside the parameters, worked on in blocks that stay in cache."""

    vectors: ClassVar[tuple[str, ...]] = ()

    def __init__(self, parameters: Parameters, arena: Arena) -> None:
        size, dtype = parameters.size, parameters.vector.dtype
        self.parameters = parameters
        self.state = {name: arena.full((size,), dtype, 0) for name in self.vectors}
        self.scratch = arena.empty((min(size, BLOCK),), dtype)

    @functools.cached_property
    def blocks(self) -> list[tuple[Array, ...]]:
        """Views (parameters, gradients, each state, scratch) on one block after the other."""
        whole = (self.parameters.learned, self.parameters.gradients, *self.state.values())
        starts = range(0, self.parameters.size, BLOCK)
        blocks = [tuple(vector[start : start + BLOCK] for vector in whole) for start in starts]
        return [(*block, self.scratch[: len(block[0])]) for block in blocks]

    @abstractmethod
    def step(self, learning_rate: float, count: int) -> None:
        """Apply the gradient; `count` numbers the updates from 1. The gradient may be used up."""

    def _scalar(self, value: float) -> Array:
        """Return a number in the parameters' precision: made once, it saves a conversion per use."""
        return np.asarray(value, self.parameters.vector.dtype)


class Sgd(Optimizer):
    """u <- momentum u + g; p <- p - rate u, or with Nesterov p - rate (g + momentum u).

    Momentum as in Sutskever et al., 2013, in the form that PyTorch uses.
    """

    def __init__(self, spec: SgdSpec, parameters: Parameters, arena: Arena) -> None:
        self.momentum = spec.momentum
        self.nesterov = spec.nesterov
        if spec.momentum:
            self.vectors = ("velocity",)  # type: ignore[misc]
        super().__init__(parameters, arena)
        self.decay = self._scalar(spec.momentum)

    def step(self, learning_rate: float, count: int) -> None:  # noqa: ARG002 - no bias to correct
        """Follow the velocity."""
        rate = self._scalar(learning_rate)
        for p, g, *velocity, t in self.blocks:
            for u in velocity:
                np.multiply(u, self.decay, out=u)
                np.add(u, g, out=u)
            direction = velocity[0] if velocity else g
            if velocity and self.nesterov:
                direction = np.add(g, np.multiply(direction, self.decay, out=t), out=t)
            np.subtract(p, np.multiply(direction, rate, out=t), out=p)


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015, algorithm 1), with the sums of gradients scaled for speed.

    m = g + beta1 m and v = g^2 + beta2 v leave out the factors 1 - beta, which join the bias
    corrections in two scalars per step: p <- p - s m / (sqrt(v) + e).
    """

    vectors = ("m", "v")

    def __init__(self, spec: AdamSpec | AdamWSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(parameters, arena)
        self.spec = spec
        self.beta1 = self._scalar(spec.beta1)
        self.beta2 = self._scalar(spec.beta2)

    def step(self, learning_rate: float, count: int) -> None:
        """Divide the first moment by the root of the second."""
        beta1, beta2 = self.beta1, self.beta2
        mean1 = (1 - self.spec.beta1) / (1 - self.spec.beta1**count)
        mean2 = math.sqrt((1 - self.spec.beta2) / (1 - self.spec.beta2**count))
        size, epsilon = self._scalar(learning_rate * mean1 / mean2), self._scalar(self.spec.epsilon / mean2)
        for p, g, m, v, t in self.blocks:
            np.multiply(m, beta1, out=m)
            np.add(m, g, out=m)
            np.multiply(g, g, out=t)
            np.multiply(v, beta2, out=v)
            np.add(v, t, out=v)
            np.sqrt(v, out=t)
            np.add(t, epsilon, out=t)
            np.divide(m, t, out=t)
            np.multiply(t, size, out=t)
            np.subtract(p, t, out=p)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019): matrices shrink, biases do not."""

    def __init__(self, spec: AdamWSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(spec, parameters, arena)
        self.weight_decay = spec.weight_decay
        self.weights = parameters.vector[: parameters.matrices]

    def step(self, learning_rate: float, count: int) -> None:
        """Shrink the weights, then step."""
        np.multiply(self.weights, self._scalar(1 - learning_rate * self.weight_decay), out=self.weights)
        super().step(learning_rate, count)


def optimizer(spec: OptimizerSpec, parameters: Parameters, arena: Arena) -> Optimizer:
    """Return the optimizer of a spec, bound to parameters whose gradients are allocated."""
    match spec:
        case SgdSpec():
            return Sgd(spec, parameters, arena)
        case AdamSpec():
            return Adam(spec, parameters, arena)
        case AdamWSpec():
            return AdamW(spec, parameters, arena)
