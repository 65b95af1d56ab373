"""Losses of each output, averaged over the outputs of a row: for numbers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Any

import numpy as np

from engine.losses.loss import Loss
from engine.losses.priors import huber_center, weighted_means, weighted_quantile
from engine.memory import Arena, Array, Buffers, Shape
from engine.metrics.numbers import MedianScore, RegressionScore
from engine.metrics.score import Floats, Score
from engine.spec import HuberSpec, QuantileSpec


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

    def prior(self, targets: Array, weights: Floats) -> Floats:
        """Return the constant for each output of an answer; outputs of all time steps count together."""
        width = self.output_shape[-1]
        return self._constants(targets.reshape(-1, width), np.repeat(weights, self.outputs // width))

    @abstractmethod
    def _constants(self, y: Array, weights: Floats) -> Floats:
        """Return the best constant logit (outputs,) for `y: (answers, outputs)` with `weights: (answers,)`."""

    def check_bounds(self, targets: Array, low: float, high: float) -> Array:
        """Return the targets. Raises ValueError if any is below `low` or above `high`."""
        if targets.size and not (targets.min() >= low and targets.max() <= high):
            bound = f"between {low} and {high}" if high < np.inf else f"at least {low}"
            raise ValueError(f"targets of {self.name} must be {bound}")
        return targets

    def score(self, requested: Collection[str] = ()) -> Score:  # noqa: ARG002 - numbers have no more metrics
        """Return the score of a regression."""
        return RegressionScore()


class MeanSquaredError(ElementwiseLoss):
    """(z - y)^2; the derivative is 2 (z - y)."""

    def _differentiate(self, z: Array, y: Array) -> None:
        np.subtract(z, y, out=z)
        np.square(z, out=self.losses)
        np.add(z, z, out=z)

    def _constants(self, y: Array, weights: Floats) -> Floats:
        return weighted_means(y, weights)


class MeanAbsoluteError(ElementwiseLoss):
    """|z - y|; the derivative is the sign of z - y, 0 where they are equal."""

    def _differentiate(self, z: Array, y: Array) -> None:
        np.subtract(z, y, out=z)
        np.abs(z, out=self.losses)
        np.sign(z, out=z)

    def _constants(self, y: Array, weights: Floats) -> Floats:
        return np.array([weighted_quantile(column, weights, 0.5) for column in y.T])


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

    def _constants(self, y: Array, weights: Floats) -> Floats:
        return np.array([huber_center(column, weights, self.delta) for column in y.T])


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

    def _constants(self, y: Array, weights: Floats) -> Floats:
        levels = np.resize(self.quantiles, y.shape[1])
        return np.array([weighted_quantile(column, weights, level) for column, level in zip(y.T, levels, strict=True)])

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return numbers (rows, targets), each repeated for its quantiles; for one target also from (rows,)."""
        columns = y.reshape(len(y), -1)
        return super().as_targets(np.repeat(columns, len(self.quantiles), axis=1), dtype)

    def score(self, requested: Collection[str] = ()) -> Score:  # noqa: ARG002 - numbers have no more metrics
        """Return the score of the quantile nearest to the median."""
        return MedianScore(self.quantiles)
