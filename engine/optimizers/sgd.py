"""Stochastic gradient descent, with momentum or Nesterov momentum."""

from __future__ import annotations

import numpy as np

from engine.memory import Arena
from engine.optimizers.optimizer import Optimizer
from engine.parameters import Parameters
from engine.spec import SgdSpec


class Sgd(Optimizer):
    """u <- momentum u + g; p <- p - rate u, or with Nesterov p - rate (g + momentum u).

    Sutskever et al., 2013, in the form that PyTorch uses.
    """

    def __init__(self, spec: SgdSpec, parameters: Parameters, arena: Arena) -> None:
        self.nesterov = spec.nesterov
        if spec.momentum:
            self.state_names = ("velocity",)
        super().__init__(parameters, arena)
        self.momentum = self._scalar(spec.momentum)

    def step(self, learning_rate: float, count: int) -> None:  # noqa: ARG002 - has no bias correction
        """Move along the velocity."""
        rate = self._scalar(learning_rate)
        for factors, p, g, *velocity, t in self.blocks:
            for u in velocity:
                np.multiply(u, self.momentum, out=u)
                np.add(u, g, out=u)
            direction = velocity[0] if velocity else g
            if velocity and self.nesterov:
                direction = np.add(g, np.multiply(direction, self.momentum, out=t), out=t)
            np.multiply(direction, rate, out=t)
            if factors is not None:
                np.multiply(t, factors, out=t)
            np.subtract(p, t, out=p)
