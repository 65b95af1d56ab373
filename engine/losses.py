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
    """A weighted mean over rows, summed in float64 whatever the network's precision."""

    name: ClassVar[LossName]

    def __init__(self, outputs: int) -> None:
        super().__init__()
        self.outputs = outputs

    @abstractmethod
    def __call__(self, logits: Array, targets: Array, shares: Array) -> float:
        """Return the mean loss, and overwrite `logits: (rows, outputs)` with its gradient.

        `shares: (rows,)` is each row's part of the mean, in the logits' dtype: 1 / rows without weights.
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
    place: Array  # where in each row there is a number of interest
    picked: Array
    total: Array
    losses: Array

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - the loss is always whole
        """A few numbers per row, none per class."""
        wanted: dict[str, tuple[Shape, DTypeLike]] = {"first": ((), np.intp), "place": ((), np.intp)}
        return wanted | dict.fromkeys(("picked", "total", "losses"), ((), dtype))

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers; number the rows' beginnings."""
        super().allocate(arena, capacity, dtype, training=training)
        self.ones = arena.full((self.outputs,), dtype, 1)
        if self.ones.flags.writeable:
            np.multiply(np.arange(capacity), self.outputs, out=self._whole["first"])

    def resize(self, rows: int) -> None:
        """Also keep the column that is broadcast over the classes."""
        super().resize(rows)
        self.total_column = self.total[:, None]

    def __call__(self, logits: Array, targets: Array, shares: Array) -> float:
        """Take log(sum(exp(logits))) - logits[class], with each row's maximum subtracted first."""
        flat, place = logits.reshape(-1), self.place
        logits.argmax(1, place)  # and then to fetch is faster than to reduce by maximum
        np.add(place, self.first, out=place)
        flat.take(place, None, self.total, "clip")
        np.subtract(logits, self.total_column, out=logits)
        np.add(targets, self.first, out=place)
        flat.take(place, None, self.picked, "clip")
        np.exp(logits, out=logits)
        logits.dot(self.ones, self.total)
        np.subtract(np.log(self.total, out=self.losses), self.picked, out=self.losses)
        np.divide(shares, self.total, out=self.total)
        np.multiply(logits, self.total_column, out=logits)
        flat.take(place, None, self.picked, "clip")
        flat.put(place, np.subtract(self.picked, shares, out=self.picked), "clip")
        np.multiply(self.losses, shares, out=self.losses)
        return float(np.add.reduce(self.losses, dtype=np.float64))

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

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - the loss is always whole
        """Two numbers per output."""
        return dict.fromkeys(("losses", "work"), ((self.outputs,), dtype))

    def __call__(self, logits: Array, targets: Array, shares: Array) -> float:
        """Leave each output's loss in `losses` and its derivative in `logits`, then weigh both."""
        self._differentiate(logits, targets)
        column = shares[:, None]
        np.multiply(logits, column, out=logits)
        np.divide(logits, self.outputs, out=logits)
        np.multiply(self.losses, column, out=self.losses)
        return float(np.add.reduce(self.losses, axis=None, dtype=np.float64)) / self.outputs

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
