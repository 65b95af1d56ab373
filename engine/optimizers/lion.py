"""Lion: step by the sign of a running mean of gradients."""

from __future__ import annotations

import numpy as np

from engine.memory import Arena
from engine.optimizers.optimizer import Optimizer
from engine.parameters import Parameters
from engine.spec import LionSpec


class Lion(Optimizer):
    """p <- p - rate sign(beta1 m + (1 - beta1) g); m <- beta2 m + (1 - beta2) g, after weight decay.

    Chen et al., 2023, algorithm 2.
    """

    state_names = ("m",)

    def __init__(self, spec: LionSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(parameters, arena)
        self.weight_decay = spec.weight_decay
        self.take1, self.take2 = self._scalar(1 - spec.beta1), self._scalar(1 - spec.beta2)

    def step(self, learning_rate: float, count: int) -> None:  # noqa: ARG002 - has no bias correction
        """Step by the sign, then update m. Both move from m towards g, by 1 - beta of the difference."""
        if self.weight_decay:
            self._decay(learning_rate, self.weight_decay)
        rate = self._scalar(learning_rate)
        for factors, p, g, m, t in self.blocks:
            difference = np.subtract(g, m, out=g)
            np.add(np.multiply(difference, self.take1, out=t), m, out=t)
            np.multiply(np.sign(t, out=t), rate, out=t)
            if factors is not None:
                np.multiply(t, factors, out=t)
            np.subtract(p, t, out=p)
            np.add(m, np.multiply(difference, self.take2, out=difference), out=m)
