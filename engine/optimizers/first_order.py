"""Optimizers: how a gradient changes the parameters. Ten lines each, on flat vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.memory import Arena
from engine.optimizers.lbfgs import Lbfgs
from engine.optimizers.optimizer import BLOCK, Optimizer
from engine.parameters import Parameters
from engine.spec import AdagradSpec, AdamSpec, AdamWSpec, LionSpec, OptimizerSpec, RmsPropSpec, SgdSpec

__all__ = ["BLOCK", "Adagrad", "Adam", "AdamW", "Lbfgs", "Lion", "Optimizer", "RmsProp", "Sgd", "optimizer"]


class Sgd(Optimizer):
    """u <- momentum u + g; p <- p - rate u, or with Nesterov p - rate (g + momentum u).

    Momentum as in Sutskever et al., 2013, in the form that PyTorch uses.
    """

    def __init__(self, spec: SgdSpec, parameters: Parameters, arena: Arena) -> None:
        self.nesterov = spec.nesterov
        if spec.momentum:
            self.vectors = ("velocity",)
        super().__init__(parameters, arena)
        self.momentum = self._scalar(spec.momentum)

    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:  # noqa: ARG002 - nothing to correct
        """Follow the velocity."""
        rate = self._scalar(learning_rate)
        for p, g, *velocity, t in self.blocks:
            for u in velocity:
                np.multiply(u, self.momentum, out=u)
                np.add(u, g, out=u)
            direction = velocity[0] if velocity else g
            if velocity and self.nesterov:
                direction = np.add(g, np.multiply(direction, self.momentum, out=t), out=t)
            np.subtract(p, np.multiply(direction, rate, out=t), out=p)


class RmsProp(Optimizer):
    """v <- a v + (1 - a) g^2; p <- p - rate g / (sqrt(v) + e), with momentum on the quotient if wanted.

    Tieleman and Hinton, 2012, lecture 6.5, in the form that PyTorch uses.
    """

    def __init__(self, spec: RmsPropSpec, parameters: Parameters, arena: Arena) -> None:
        self.vectors = ("square", "velocity") if spec.momentum else ("square",)
        super().__init__(parameters, arena)
        self.keep, self.take = self._scalar(spec.decay), self._scalar(1 - spec.decay)
        self.momentum, self.epsilon = self._scalar(spec.momentum), self._scalar(spec.epsilon)

    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:  # noqa: ARG002 - nothing to correct
        """Divide the gradient by its root mean square."""
        rate = self._scalar(learning_rate)
        for p, g, v, *velocity, t in self.blocks:
            np.multiply(np.multiply(g, g, out=t), self.take, out=t)
            np.add(np.multiply(v, self.keep, out=v), t, out=v)
            np.add(np.sqrt(v, out=t), self.epsilon, out=t)
            direction = np.divide(g, t, out=t)
            for u in velocity:
                np.multiply(u, self.momentum, out=u)
                direction = np.add(u, direction, out=u)
            np.subtract(p, np.multiply(direction, rate, out=t), out=p)


class Adagrad(Optimizer):
    """v <- v + g^2; p <- p - rate g / (sqrt(v) + e) (Duchi et al., 2011, figure 1, diagonal)."""

    vectors = ("square",)

    def __init__(self, spec: AdagradSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(parameters, arena)
        self.epsilon = self._scalar(spec.epsilon)

    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:  # noqa: ARG002 - nothing to correct
        """Divide the gradient by the root of the sum of its squares."""
        rate = self._scalar(learning_rate)
        for p, g, v, t in self.blocks:
            np.add(v, np.multiply(g, g, out=t), out=v)
            np.add(np.sqrt(v, out=t), self.epsilon, out=t)
            np.multiply(np.divide(g, t, out=t), rate, out=t)
            np.subtract(p, t, out=p)


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

    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:  # noqa: ARG002 - no line search
        """Divide the first moment by the root of the second."""
        beta1, beta2 = self.beta1, self.beta2
        mean1 = (1 - self.spec.beta1) / (1 - self.spec.beta1**count)
        mean2 = math.sqrt((1 - self.spec.beta2) / (1 - self.spec.beta2**count))
        size, epsilon = self._scalar(learning_rate * mean1 / mean2), self._scalar(self.spec.epsilon / mean2)
        # The gradient's own memory is scratch enough: one vector less in cache. Naming a result (out=) costs 50 ns.
        for p, g, m, v, _ in self.blocks:
            np.multiply(m, beta1, m)
            np.add(m, g, m)
            np.multiply(g, g, g)
            np.multiply(v, beta2, v)
            np.add(v, g, v)
            np.sqrt(v, g)
            np.add(g, epsilon, g)
            np.divide(m, g, g)
            np.multiply(g, size, g)
            np.subtract(p, g, p)


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019): matrices shrink, biases do not."""

    def __init__(self, spec: AdamWSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(spec, parameters, arena)
        self.weight_decay = spec.weight_decay

    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:
        """Shrink the weights, then step."""
        self._decay(learning_rate, self.weight_decay)
        super().step(learning_rate, count, loss)


class Lion(Optimizer):
    """p <- p - rate sign(beta1 m + (1 - beta1) g); m <- beta2 m + (1 - beta2) g, after decay of the weights.

    Chen et al., 2023, algorithm 2.
    """

    vectors = ("m",)

    def __init__(self, spec: LionSpec, parameters: Parameters, arena: Arena) -> None:
        super().__init__(parameters, arena)
        self.weight_decay = spec.weight_decay
        self.take1, self.take2 = self._scalar(1 - spec.beta1), self._scalar(1 - spec.beta2)

    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:  # noqa: ARG002 - nothing to correct
        """Step by the sign, then remember the gradient: both move from m towards g, by 1 - beta of the way."""
        if self.weight_decay:
            self._decay(learning_rate, self.weight_decay)
        rate = self._scalar(learning_rate)
        for p, g, m, t in self.blocks:
            way = np.subtract(g, m, out=g)
            np.add(np.multiply(way, self.take1, out=t), m, out=t)
            np.multiply(np.sign(t, out=t), rate, out=t)
            np.subtract(p, t, out=p)
            np.add(m, np.multiply(way, self.take2, out=way), out=m)


OPTIMIZERS: dict[str, Callable[[Any, Parameters, Arena], Optimizer]] = {
    "sgd": Sgd,
    "rmsprop": RmsProp,
    "adagrad": Adagrad,
    "adam": Adam,
    "adamw": AdamW,
    "lion": Lion,
    "lbfgs": Lbfgs,
}


def optimizer(spec: OptimizerSpec, parameters: Parameters, arena: Arena) -> Optimizer:
    """Return the optimizer of a spec, bound to parameters whose gradients are allocated."""
    return OPTIMIZERS[spec.type](spec, parameters, arena)
