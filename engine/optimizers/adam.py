"""Adam, and AdamW with decoupled weight decay."""

from __future__ import annotations

import math

import numpy as np

from engine.memory import Arena
from engine.optimizers.optimizer import Optimizer
from engine.parameters import Parameters
from engine.spec import AdamSpec, AdamWSpec


class Adam(Optimizer):
    """Adam (Kingma and Ba, 2015, algorithm 1), with the sums of gradients scaled for speed.

    m = g + beta1 m and v = g^2 + beta2 v omit the factors 1 - beta. These are part of the bias corrections, in two
    scalars per step: p <- p - s m / (sqrt(v) + e).
    """

    state_names = ("m", "v")

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
        # The memory of the gradient serves as scratch: one vector less in cache. The keyword out= would cost 50 ns.
        for factors, p, g, m, v, _ in self.blocks:
            np.multiply(m, beta1, m)
            np.add(m, g, m)
            np.multiply(g, g, g)
            np.multiply(v, beta2, v)
            np.add(v, g, v)
            np.sqrt(v, g)
            np.add(g, epsilon, g)
            np.divide(m, g, g)
            np.multiply(g, size, g)
            if factors is not None:
                np.multiply(g, factors, g)
            np.subtract(p, g, p)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019). Matrices decay, biases do not."""

    def __init__(self, spec: AdamWSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(spec, parameters, arena)
        self.weight_decay = spec.weight_decay

    def step(self, learning_rate: float, count: int) -> None:
        """Decay the weights, then step."""
        self._decay(learning_rate, self.weight_decay)
        super().step(learning_rate, count)
