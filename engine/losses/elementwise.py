"""Losses of each output, averaged over the outputs of a row: for numbers, counts, and yes or no."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, TypeVar

import numpy as np

from engine.layers.activations.sigmoids import sigmoid
from engine.losses.loss import Loss
from engine.memory import Arena, Array, Buffers, Shape
from engine.metrics import MAX_LOG_RATE, BinaryAccuracy, MedianScore, RateScore, RegressionScore, Score
from engine.spec import HuberSpec, LossSpec, QuantileSpec, SigmoidCrossEntropySpec

Kind = TypeVar("Kind", bound=LossSpec)


class ElementwiseLoss(Loss):
    """The mean over the outputs of a row of a function of output z and target y."""

    losses: Array
    work: Array

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - inference computes losses, too
        """Declare two numbers per output."""
        return dict.fromkeys(("losses", "work"), ((self.outputs,), dtype))

    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Compute the loss of each output in `losses` and its derivative in `logits`, then apply the sample weights."""
        z, column = logits.reshape(-1, self.outputs), sample_weights[:, None]
        self._differentiate(z, targets)
        np.multiply(z, column, out=z)
        np.divide(z, self.outputs, out=z)
        np.multiply(self.losses, column, out=self.losses)
        return float(np.add.reduce(self.losses, axis=None, dtype=np.float64)) / self.outputs

    @abstractmethod
    def _differentiate(self, z: Array, y: Array) -> None:
        """Write the loss of each output to `losses`, and overwrite `z: (rows, outputs)` with its derivative."""

    def activate(self, logits: Array) -> Array:
        """Return the outputs: they are values."""
        return logits

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:  # noqa: ARG002 - used in subclasses
        """Return dy: outputs are the logits."""
        return dy

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers (rows, outputs) from (rows, *output_shape); for one output also from (rows,)."""
        columns = y.reshape(len(y), -1)
        flat = y.ndim == 1 or y.shape[1:] == (self.outputs,)
        if columns.shape[1] != self.outputs or not (flat or y.shape[1:] == self.output_shape):
            raise ValueError(f"targets must have shape (rows, {self.outputs}), not {y.shape}")
        return np.ascontiguousarray(columns, dtype=dtype)

    def score(self) -> Score:
        """Return the score of a regression."""
        return RegressionScore()


class MeanSquaredError(ElementwiseLoss):
    """(z - y)^2; the derivative is 2 (z - y)."""

    def _differentiate(self, z: Array, y: Array) -> None:
        np.subtract(z, y, out=z)
        np.square(z, out=self.losses)
        np.add(z, z, out=z)


class MeanAbsoluteError(ElementwiseLoss):
    """|z - y|; the derivative is the sign of z - y, 0 where they are equal."""

    def _differentiate(self, z: Array, y: Array) -> None:
        np.subtract(z, y, out=z)
        np.abs(z, out=self.losses)
        np.sign(z, out=z)


class Huber(ElementwiseLoss):
    """e^2 / 2 where |e| <= delta, otherwise delta (|e| - delta / 2), with e = z - y (Huber, 1964).

    The derivative c is e clipped to -delta and delta, and the loss is c (e - c / 2).
    """

    def __init__(self, spec: HuberSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.delta = spec.delta

    def _differentiate(self, z: Array, y: Array) -> None:
        error = np.subtract(z, y, out=self.work)
        np.clip(error, -self.delta, self.delta, out=z)
        np.multiply(z, -0.5, out=self.losses)
        np.add(self.losses, error, out=self.losses)
        np.multiply(self.losses, z, out=self.losses)


class Quantile(ElementwiseLoss):
    """q e where the target is larger (e = y - z > 0), otherwise (q - 1) e (Koenker and Bassett, 1978).

    With several quantiles every target has one output for each, side by side in ascending order.
    """

    def __init__(self, spec: QuantileSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.quantiles = spec.quantiles
        if self.outputs % len(self.quantiles):
            raise ValueError(f"{self.outputs} outputs are not a multiple of {len(self.quantiles)} quantiles")

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also create the quantile of each output."""
        super().allocate(arena, capacity, dtype, training=training)
        self.levels = np.tile(np.asarray(self.quantiles, dtype), self.outputs // len(self.quantiles))

    def _differentiate(self, z: Array, y: Array) -> None:
        error = np.subtract(y, z, out=self.work)
        np.less_equal(error, 0, out=z)
        np.subtract(z, self.levels, out=z)
        np.multiply(z, error, out=self.losses)
        np.negative(self.losses, out=self.losses)

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers (rows, targets), each repeated for its quantiles; for one target also from (rows,)."""
        columns = y.reshape(len(y), -1)
        return super().as_targets(np.repeat(columns, len(self.quantiles), axis=1), dtype)

    def score(self) -> Score:
        """Return the score of the quantile nearest to the median."""
        return MedianScore(self.quantiles)


class Poisson(ElementwiseLoss):
    """exp(z) - y z, for counts y with rate exp(z), without the term that depends on y alone (PyTorch's form).

    exp(z) is constant above MAX_LOG_RATE, before it overflows.
    """

    divergence_factor: float = 1e30  # a single rate that is far too high makes a huge loss, but training recovers

    def _differentiate(self, z: Array, y: Array) -> None:
        np.multiply(y, z, out=self.work)
        np.minimum(z, MAX_LOG_RATE, out=z)
        np.exp(z, out=z)
        np.subtract(z, self.work, out=self.losses)
        np.subtract(z, y, out=z)

    def activate(self, logits: Array) -> Array:
        """Return rates."""
        return np.exp(np.minimum(logits, MAX_LOG_RATE, out=logits), out=logits)

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return dy times the derivative of exp, which is its value."""
        return np.multiply(dy, outputs)

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers, which must be at least 0."""
        return _within(super().as_targets(y, dtype), 0, np.inf, self.name)

    def score(self) -> Score:
        """Return the score of rates."""
        return RateScore()


class SigmoidCrossEntropy(ElementwiseLoss):
    """log(1 + exp(z)) - y z for targets y from 0 to 1. The derivative is sigmoid(z) - y.

    Label smoothing s replaces every target y with (1 - s) y + s / 2 (Szegedy et al., 2016, section 7, for two classes).
    """

    def __init__(self, spec: SigmoidCrossEntropySpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.smoothing = spec.label_smoothing

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

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return dy p (1 - p), with p = sigmoid(logit)."""
        dz: Array = dy * outputs * (1 - outputs)
        return dz

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers, which must be from 0 to 1."""
        targets = _within(super().as_targets(y, dtype), 0, 1, self.name)
        return targets * (1 - self.smoothing) + self.smoothing / 2 if self.smoothing else targets

    def score(self) -> Score:
        """Return the accuracy of yes-or-no answers."""
        return BinaryAccuracy()


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


def _within(targets: Array, low: float, high: float, name: str) -> Array:
    if targets.size and not (targets.min() >= low and targets.max() <= high):
        bound = f"between {low} and {high}" if high < np.inf else f"at least {low}"
        raise ValueError(f"targets of {name} must be {bound}")
    return targets
