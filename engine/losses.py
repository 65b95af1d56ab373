"""Losses, each fused with its output activation: they take logits and leave the gradient in them."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import DTypeLike

from engine.layers.activations import sigmoid
from engine.memory import Arena, Array, RowBuffers, Shape
from engine.spec import LossName


class Loss(RowBuffers):
    """A weighted mean over rows. Sums are in float64 whatever the network's precision."""

    name: ClassVar[LossName]

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    @abstractmethod
    def __call__(self, logits: Array, targets: Array, weights: Array) -> tuple[float, float]:
        """Return the weighted sum of the rows' losses, and the sum of the weights.

        Overwrites `logits: (rows, outputs)` with the gradient of sum / weights, the mean loss.
        `weights: (rows,) float64`.
        """

    @abstractmethod
    def activate(self, logits: Array) -> Array:
        """Turn logits into probabilities, or into values, in place."""

    @abstractmethod
    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return `y` in the form that this loss takes.

        Raises:
            ValueError: the shape or the values do not fit the loss.
        """


class SoftmaxCrossEntropy(Loss):
    """-log softmax(logits)[class], with the class as an index (rows,) int64.

    The gradient is softmax(logits) - one_hot(class) (Bishop, 2006, equation 4.109).
    """

    name = "softmax_cross_entropy"
    first: Array  # where each row begins in the flattened logits
    chosen: Array  # where each row's class stands there
    peak: Array
    picked: Array
    total: Array
    losses: Array

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - the loss is always whole
        """A few numbers per row, none per class."""
        rows: dict[str, tuple[Shape, DTypeLike]] = {"first": ((), np.intp), "chosen": ((), np.intp)}
        rows |= dict.fromkeys(("peak", "picked", "total"), ((), dtype))
        return rows | {"losses": ((), np.float64)}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers; number the rows' beginnings."""
        super().allocate(arena, capacity, dtype, training=training)
        self.ones = arena.full((self.outputs,), dtype, 1)
        if self.ones.flags.writeable:
            np.multiply(np.arange(capacity), self.outputs, out=self._whole["first"])

    def resize(self, rows: int) -> None:
        """Also keep the columns that are broadcast over the classes."""
        super().resize(rows)
        self.peak_column = self.peak[:, None]
        self.total_column = self.total[:, None]

    def __call__(self, logits: Array, targets: Array, weights: Array) -> tuple[float, float]:
        """Take log(sum(exp(logits))) - logits[class], with each row's maximum subtracted first."""
        flat = logits.reshape(-1)
        np.add(self.first, targets, out=self.chosen)
        np.maximum.reduce(logits, axis=1, out=self.peak)
        np.subtract(logits, self.peak_column, out=logits)
        flat.take(self.chosen, None, self.picked, "clip")
        np.exp(logits, out=logits)
        np.dot(logits, self.ones, self.total)
        np.log(self.total, out=self.peak)
        np.subtract(self.peak, self.picked, out=self.losses)
        weight = float(weights.sum())
        share = np.divide(weights, weight, out=self.peak)
        np.divide(share, self.total, out=self.total)
        np.multiply(logits, self.total_column, out=logits)
        flat.take(self.chosen, None, self.picked, "clip")
        np.subtract(self.picked, share, out=self.picked)
        flat.put(self.chosen, self.picked, "clip")
        return float(self.losses.dot(weights)), weight

    def activate(self, logits: Array) -> Array:
        """Softmax over each row."""
        np.subtract(logits, np.maximum.reduce(logits, axis=1, keepdims=True), out=logits)
        np.exp(logits, out=logits)
        return np.divide(logits, np.add.reduce(logits, axis=1, keepdims=True), out=logits)

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:  # noqa: ARG002 - indices have one dtype
        """Class indices (rows,) from 0 to outputs - 1."""
        if y.ndim != 1 or y.dtype.kind not in "iu":
            raise ValueError(f"class indices must be a vector of integers, not {y.dtype} {y.shape}")
        if len(y) and not (int(y.min()) >= 0 and int(y.max()) < self.outputs):
            raise ValueError(f"class indices must lie between 0 and {self.outputs - 1}")
        return np.ascontiguousarray(y, dtype=np.intp)


class ElementwiseLoss(Loss):
    """A loss of each output by itself, averaged over the outputs of a row."""

    losses: Array
    work: Array
    share: Array

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - the loss is always whole
        """Two numbers per output, and each row's share of the mean."""
        output = (self.outputs,)
        return {"losses": (output, np.float64), "work": (output, dtype), "share": ((), dtype)}

    def resize(self, rows: int) -> None:
        """Also keep the shares as a column."""
        super().resize(rows)
        self.share_column = self.share[:, None]

    def __call__(self, logits: Array, targets: Array, weights: Array) -> tuple[float, float]:
        """Leave each output's loss in `losses` and its derivative in `logits`, then weigh both."""
        self._differentiate(logits, targets)
        weight = float(weights.sum())
        np.divide(weights, weight * self.outputs, out=self.share)
        np.multiply(logits, self.share_column, out=logits)
        return float(weights.dot(self.losses).sum()) / self.outputs, weight

    @abstractmethod
    def _differentiate(self, logits: Array, targets: Array) -> None:
        """Write the loss of each output to `losses`, and its derivative over `logits`."""

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Numbers (rows, outputs); for one output also (rows,)."""
        columns = y.reshape(len(y), -1) if y.ndim == 1 else y
        if columns.ndim != 2 or columns.shape[1] != self.outputs:
            raise ValueError(f"targets must have shape (rows, {self.outputs}), not {y.shape}")
        return np.ascontiguousarray(columns, dtype=dtype)


class SigmoidCrossEntropy(ElementwiseLoss):
    """log(1 + exp(z)) - y z for logits z and targets y from 0 to 1; the gradient is sigmoid(z) - y."""

    name = "sigmoid_cross_entropy"

    def _differentiate(self, logits: Array, targets: Array) -> None:
        work = np.abs(logits, out=self.work)
        np.negative(work, out=work)
        np.exp(work, out=work)
        np.log1p(work, out=work)
        np.add(work, np.maximum(logits, 0, out=self.losses), out=self.losses)
        np.multiply(logits, targets, out=work)
        np.subtract(self.losses, work, out=self.losses)
        np.subtract(sigmoid(logits), targets, out=logits)

    def activate(self, logits: Array) -> Array:
        """Sigmoid of each output."""
        return sigmoid(logits)

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Numbers from 0 to 1."""
        targets = super().as_targets(y, dtype)
        if targets.size and not (targets.min() >= 0 and targets.max() <= 1):
            raise ValueError("targets of sigmoid_cross_entropy must lie between 0 and 1")
        return targets


class MeanSquaredError(ElementwiseLoss):
    """(z - y)^2 for outputs z and targets y; the gradient is 2 (z - y)."""

    name = "mean_squared_error"

    def _differentiate(self, logits: Array, targets: Array) -> None:
        np.subtract(logits, targets, out=logits)
        np.square(logits, out=self.losses)
        np.add(logits, logits, out=logits)

    def activate(self, logits: Array) -> Array:
        """Outputs are values already."""
        return logits


LOSSES: dict[LossName, type[Loss]] = {
    loss.name: loss for loss in (SoftmaxCrossEntropy, SigmoidCrossEntropy, MeanSquaredError)
}


def balanced_weights(y: Array) -> Array:
    """Return weights (rows,) float64 under which all classes count the same: rows / (classes * count).

    `y` holds class indices, or 0 and 1. The mean weight is 1 (King and Zeng, 2001).
    """
    _, inverse, counts = np.unique(y.reshape(-1), return_inverse=True, return_counts=True)
    weights: Array = (inverse.size / (counts.size * counts))[inverse]
    return weights
