"""RMSProp: divide the gradient by a running root mean square."""

from __future__ import annotations

import numpy as np

from engine.memory import Arena
from engine.optimizers.optimizer import Optimizer
from engine.parameters import Parameters
from engine.spec import RmsPropSpec


class RmsProp(Optimizer):
    """v <- a v + (1 - a) g^2; p <- p - rate g / (sqrt(v) + e), with optional momentum on the quotient.

    Tieleman and Hinton, 2012, lecture 6.5, in the form that PyTorch uses.
    """

    def __init__(self, spec: RmsPropSpec, parameters: Parameters, arena: Arena) -> None:
        self.state_names = ("square", "velocity") if spec.momentum else ("square",)
        super().__init__(parameters, arena)
        self.keep, self.take = self._scalar(spec.decay), self._scalar(1 - spec.decay)
        self.momentum, self.epsilon = self._scalar(spec.momentum), self._scalar(spec.epsilon)

    def step(self, learning_rate: float, count: int) -> None:  # noqa: ARG002 - has no bias correction
        """Divide the gradient by its root mean square."""
        rate = self._scalar(learning_rate)
        for factors, p, g, v, *velocity, t in self.blocks:
            np.multiply(np.multiply(g, g, out=t), self.take, out=t)
            np.add(np.multiply(v, self.keep, out=v), t, out=v)
            np.add(np.sqrt(v, out=t), self.epsilon, out=t)
            direction = np.divide(g, t, out=t)
            for u in velocity:
                np.multiply(u, self.momentum, out=u)
                direction = np.add(u, direction, out=u)
            np.multiply(direction, rate, out=t)
            if factors is not None:
                np.multiply(t, factors, out=t)
            np.subtract(p, t, out=p)
