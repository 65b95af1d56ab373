"""Losses for yes or no, independently for each output."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from engine.layers.activations.sigmoids import sigmoid
from engine.losses.elementwise import ElementwiseLoss
from engine.losses.priors import logit, weighted_means
from engine.memory import Arena, Array, Shape
from engine.metrics.classes import CLASS_METRICS, BinaryScore
from engine.metrics.score import Floats, Score
from engine.spec import LossSpec, SigmoidCrossEntropySpec


class SigmoidCrossEntropy(ElementwiseLoss):
    """log(1 + exp(z)) - y z for targets y from 0 to 1. The derivative is sigmoid(z) - y.

    Label smoothing s replaces every target y with (1 - s) y + s / 2 (Szegedy et al., 2016, section 7, for two classes).
    """

    metrics_on_request = tuple(CLASS_METRICS)

    def __init__(self, spec: LossSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.smoothing = spec.label_smoothing if isinstance(spec, SigmoidCrossEntropySpec) else 0.0

    def _differentiate(self, z: Array, y: Array) -> None:
        self._softplus(z)
        np.multiply(z, y, out=self.work)
        np.subtract(self.losses, self.work, out=self.losses)
        np.subtract(sigmoid(z), y, out=z)

    def _softplus(self, z: Array) -> None:
        """Write log(1 + exp(z)) to `losses`, as max(z, 0) + log1p(exp(-|z|)), which cannot overflow."""
        work = np.abs(z, out=self.work)
        np.negative(work, out=work)
        np.exp(work, out=work)
        np.log1p(work, out=work)
        np.add(work, np.maximum(z, 0, out=self.losses), out=self.losses)

    def activate(self, logits: Array) -> Array:
        """Return the sigmoid of each output."""
        return sigmoid(logits)

    def torch_activation(self, z: str) -> str:
        """Return the sigmoid of each output."""
        return f"torch.sigmoid({z})"

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return dy p (1 - p), with p = sigmoid(logit)."""
        dz: Array = dy * outputs * (1 - outputs)
        return dz

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers, which must be from 0 to 1."""
        targets = self.check_bounds(super().as_targets(y, dtype), 0, 1)
        return targets * (1 - self.smoothing) + self.smoothing / 2 if self.smoothing else targets

    def _constants(self, y: Array, weights: Floats) -> Floats:
        shares = (weighted_means(y, weights) - self.smoothing / 2) / (1 - self.smoothing)
        return logit(shares, len(y))

    def score(self, requested: Collection[str] = ()) -> Score:
        """Return the accuracy of yes-or-no answers, and what is requested."""
        return BinaryScore(requested)


class WeightedSigmoidCrossEntropy(SigmoidCrossEntropy):
    """The same with weight w for a yes: c log(1 + exp(z)) - w y z, where c = 1 + (w - 1) y.

    The derivative is c sigmoid(z) - w y. This is `pos_weight` of torch.nn.BCEWithLogitsLoss.
    """

    def __init__(self, spec: SigmoidCrossEntropySpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.given = spec.positive_weights
        if len(self.given) not in {1, self.outputs}:
            raise ValueError(f"positive_weight has {len(self.given)} numbers, but there are {self.outputs} outputs")

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also convert the weights to the dtype."""
        super().allocate(arena, capacity, dtype, training=training)
        self.weights = np.asarray(self.given, dtype)
        self.surplus = self.weights - 1

    def _constants(self, y: Array, weights: Floats) -> Floats:
        return np.asarray(super()._constants(y, weights) + np.resize(np.log(self.given), y.shape[1]))

    def _differentiate(self, z: Array, y: Array) -> None:
        self._softplus(z)
        self._apply_weights(self.losses, y)
        np.multiply(self.work, z, out=self.work)
        np.subtract(self.losses, self.work, out=self.losses)
        self._apply_weights(sigmoid(z), y)
        np.subtract(z, self.work, out=z)

    def _apply_weights(self, function: Array, y: Array) -> None:
        """Multiply `function` by c, and write w y to `work`."""
        np.multiply(y, self.surplus, out=self.work)
        np.add(self.work, 1, out=self.work)
        np.multiply(function, self.work, out=function)
        np.multiply(y, self.weights, out=self.work)
