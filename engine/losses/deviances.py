"""Losses for counts and amounts: half the deviance of a distribution whose mean is exp(z) (McCullagh and Nelder, 1989).

The variance is the mean to the power p: 1 for Poisson, 2 for gamma, between for Tweedie (Jorgensen, 1997). With
targets and means divided by a scale s, the loss is divided by s^(2 - p), so targets may have any unit.
exp(z) is constant above MAX_LOG_RATE, before it overflows.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from engine.losses.elementwise import ElementwiseLoss
from engine.losses.priors import MIN_COUNTS, weighted_means
from engine.memory import Array, Buffers, Shape
from engine.metrics.numbers import MAX_LOG_RATE, RateScore
from engine.metrics.score import Floats, Score
from engine.spec import TweedieSpec


class Deviance(ElementwiseLoss):
    """What the losses of this file have in common."""

    divergence_factor: float = 1e30  # a single rate that is far too high makes a huge loss, but training recovers

    def activate(self, logits: Array) -> Array:
        """Return means."""
        return np.exp(np.minimum(logits, MAX_LOG_RATE, out=logits), out=logits)

    def torch_activation(self, z: str) -> str:
        """Return means."""
        return f"torch.exp(torch.clamp({z}, max={MAX_LOG_RATE}))"

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return dy times the derivative of exp, which is its value."""
        return np.multiply(dy, outputs)

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers, which must be at least 0."""
        return self.check_bounds(super().as_targets(y, dtype), 0, np.inf)

    def _constants(self, y: Array, weights: Floats) -> Floats:
        """Return the logarithms of the means. A mean of 0 counts as half a one in all rows."""
        return np.asarray(np.log(np.maximum(weighted_means(y, weights), MIN_COUNTS / len(y))))

    def score(self, requested: Collection[str] = ()) -> Score:  # noqa: ARG002 - numbers have no more metrics
        """Return the score of rates."""
        return RateScore()

    def _clip(self, z: Array) -> Array:
        np.maximum(z, -MAX_LOG_RATE, out=z)
        return np.minimum(z, MAX_LOG_RATE, out=z)


class Poisson(Deviance):
    """exp(z) - y z + y log y - y, for counts y with rate exp(z). The derivative is exp(z) - y."""

    def _differentiate(self, z: Array, y: Array) -> None:
        np.multiply(y, z, out=self.work)
        np.minimum(z, MAX_LOG_RATE, out=z)
        np.exp(z, out=z)
        np.subtract(z, self.work, out=self.losses)
        np.subtract(z, y, out=z)
        tiny = np.finfo(y.dtype).tiny
        np.maximum(y, tiny, out=self.work)
        np.log(self.work, out=self.work)
        np.subtract(self.work, 1, out=self.work)
        np.multiply(self.work, y, out=self.work)
        np.add(self.losses, self.work, out=self.losses)


class Gamma(Deviance):
    """r - 1 - log r with r = y exp(-z), for positive amounts y with mean exp(z). The derivative is 1 - r."""

    def _differentiate(self, z: Array, y: Array) -> None:
        self._clip(z)
        np.log(y, out=self.work)
        np.subtract(self.work, z, out=self.work)  # log r
        np.exp(self.work, out=z)
        np.subtract(z, 1, out=self.losses)
        np.subtract(self.losses, self.work, out=self.losses)
        np.subtract(1, z, out=z)

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers, which must be above 0."""
        targets = super().as_targets(y, dtype)
        if targets.size and not targets.min() > 0:
            raise ValueError(f"targets of {self.name} must be above 0")
        return targets


class Tweedie(Deviance):
    """a / (2 - p) - y b / (1 - p) + y^(2 - p) / ((1 - p) (2 - p)) with a = exp((2 - p) z), b = exp((1 - p) z).

    For amounts y that are 0 in many rows, and powers p between 1 and 2. The derivative is a - y b.
    """

    term: Array

    def __init__(self, spec: TweedieSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.power = spec.power

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare one more number per output."""
        return {**super().buffers(dtype, training=training), "term": ((self.outputs,), dtype)}

    def _differentiate(self, z: Array, y: Array) -> None:
        p = self.power
        self._clip(z)
        np.power(y, 2 - p, out=self.losses)
        np.divide(self.losses, (1 - p) * (2 - p), out=self.losses)
        np.multiply(z, 1 - p, out=self.work)
        np.exp(self.work, out=self.work)
        np.multiply(self.work, y, out=self.work)  # y b
        np.multiply(z, 2 - p, out=z)
        np.exp(z, out=z)  # a
        np.add(self.losses, np.divide(z, 2 - p, out=self.term), out=self.losses)
        np.subtract(self.losses, np.divide(self.work, 1 - p, out=self.term), out=self.losses)
        np.subtract(z, self.work, out=z)
