"""Adagrad: divide the gradient by the root of the sum of all its squares."""

from __future__ import annotations

import numpy as np

from engine.memory import Arena
from engine.optimizers.optimizer import Optimizer
from engine.parameters import Parameters
from engine.spec import AdagradSpec


class Adagrad(Optimizer):
    """v <- v + g^2; p <- p - rate g / (sqrt(v) + e) (Duchi et al., 2011, figure 1, diagonal)."""

    state_names = ("square",)

    def __init__(self, spec: AdagradSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(parameters, arena)
        self.epsilon = self._scalar(spec.epsilon)

    def step(self, learning_rate: float, count: int) -> None:  # noqa: ARG002 - has no bias correction
        """Divide the gradient by the root of the sum of its squares."""
        rate = self._scalar(learning_rate)
        for factors, p, g, v, t in self.blocks:
            np.add(v, np.multiply(g, g, out=t), out=v)
            np.add(np.sqrt(v, out=t), self.epsilon, out=t)
            np.multiply(np.divide(g, t, out=t), rate, out=t)
            if factors is not None:
                np.multiply(t, factors, out=t)
            np.subtract(p, t, out=p)
