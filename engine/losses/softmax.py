"""Softmax cross entropy: one class of several, for a whole row or at each moment of a sequence."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.losses.loss import Loss
from engine.memory import Array, Buffers, Constants, Shape
from engine.metrics import Accuracy, Score
from engine.spec import SoftmaxCrossEntropySpec


class SoftmaxCrossEntropy(Loss):
    """-log softmax(logits)[class], with classes as indices (rows, *moments) int64.

    The gradient is softmax(logits) - one_hot(class) (Bishop, 2006, equation 4.109).
    """

    # one number per answer, of which a row has as many as moments:
    first: Array  # where each answer begins in the flattened logits
    place: Array  # where in each answer there is a number of interest
    picked: Array
    total: Array
    losses: Array
    ones: Array  # one per class
    spread: Array  # each answer's share in the mean

    def __init__(self, spec: SoftmaxCrossEntropySpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.classes = output_shape[-1]
        self.moments = math.prod(output_shape[:-1])

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the loss is always whole
        """A few numbers per answer, none per class."""
        each = (self.moments,)
        wanted: Buffers = {"place": (each, np.intp)}
        if self.moments > 1:
            wanted["spread"] = (each, dtype)
        return wanted | dict.fromkeys(("picked", "total", "losses"), (each, dtype))

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Where each answer begins in the flattened logits."""
        return {"first": ((self.moments,), np.intp, self._beginnings)}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Ones to sum over classes with."""
        return {"ones": ((self.classes,), dtype, 1)}

    def _beginnings(self, shape: Shape) -> Array:
        return np.arange(math.prod(shape)).reshape(shape) * self.classes

    def resize(self, rows: int) -> None:
        """Put the first rows of the buffers to use, flat, and keep the column that is broadcast over the classes."""
        for name, whole in self._allocated.items():
            setattr(self, name, whole[:rows].reshape(-1))
        self.total_column = self.total[:, None]

    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Take log(sum(exp(logits))) - logits[class], with each answer's maximum subtracted first."""
        flat, place = logits.reshape(-1), self.place
        if self.moments > 1:
            logits, targets = flat.reshape(-1, self.classes), targets.reshape(-1)
            sample_weights = self._spread(sample_weights)
        logits.argmax(1, place)  # and then to fetch is faster than to reduce by maximum
        np.add(place, self.first, place)
        flat.take(place, None, self.total, "clip")
        np.subtract(logits, self.total_column, logits)
        np.add(targets, self.first, place)
        self._pick(logits, flat)
        np.exp(logits, logits)
        logits.dot(self.ones, self.total)
        np.subtract(np.log(self.total, self.losses), self.picked, self.losses)
        np.divide(sample_weights, self.total, self.total)
        np.multiply(logits, self.total_column, logits)
        self._subtract_target(logits, flat, sample_weights)
        return float(self.losses.dot(sample_weights))

    def _spread(self, sample_weights: Array) -> Array:
        """Divide each row's share among its moments."""
        by_row = self.spread.reshape(-1, self.moments)
        np.multiply(sample_weights[:, None], 1 / self.moments, out=by_row)
        return self.spread

    def _pick(self, logits: Array, flat: Array) -> None:  # noqa: ARG002 - the smoothed form reads them
        """Write to `picked` what logit is to be expected: the right class's, which `place` points at."""
        flat.take(self.place, None, self.picked, "clip")

    def _subtract_target(self, logits: Array, flat: Array, sample_weights: Array) -> None:  # noqa: ARG002 - as above
        """Subtract what the probabilities, times sample_weights, should have been."""
        flat.take(self.place, None, self.picked, "clip")
        flat.put(self.place, np.subtract(self.picked, sample_weights, self.picked), "clip")

    def activate(self, logits: Array) -> Array:
        """Softmax over the last axis."""
        np.subtract(logits, np.maximum.reduce(logits, axis=-1, keepdims=True), out=logits)
        np.exp(logits, out=logits)
        return np.divide(logits, np.add.reduce(logits, axis=-1, keepdims=True), out=logits)

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:  # noqa: ARG002 - indices have one dtype
        """Class indices (rows, *moments) from 0 to classes - 1."""
        if y.shape[1:] != self.output_shape[:-1] or y.dtype.kind not in "iu":
            wanted = ("rows", *self.output_shape[:-1])
            raise ValueError(
                f"class indices must be integers of shape ({', '.join(map(str, wanted))}), not {y.dtype} {y.shape}"
            )
        if len(y) and not (int(y.min()) >= 0 and int(y.max()) < self.classes):
            raise ValueError(f"class indices must lie between 0 and {self.classes - 1}")
        return np.ascontiguousarray(y, dtype=np.intp)

    def score(self) -> Score:
        """Return how often the likeliest class is the right one."""
        return Accuracy()


class SmoothedSoftmaxCrossEntropy(SoftmaxCrossEntropy):
    """With label smoothing s and K classes, (1 - s) one_hot(class) + s / K takes the place of one_hot(class).

    Szegedy et al., 2016, section 7.
    """

    mixed: Array

    def __init__(self, spec: SoftmaxCrossEntropySpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.smoothing = spec.label_smoothing

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """One more number per answer."""
        return {**super().buffers(dtype, training=training), "mixed": ((self.moments,), dtype)}

    def _pick(self, logits: Array, flat: Array) -> None:
        super()._pick(logits, flat)
        np.multiply(self.picked, 1 - self.smoothing, out=self.picked)
        np.multiply(logits.dot(self.ones, self.mixed), self.smoothing / self.classes, out=self.mixed)
        np.add(self.picked, self.mixed, out=self.picked)

    def _subtract_target(self, logits: Array, flat: Array, sample_weights: Array) -> None:
        np.multiply(sample_weights, self.smoothing / self.classes, out=self.mixed)
        np.subtract(logits, self.mixed[:, None], out=logits)
        super()._subtract_target(logits, flat, np.multiply(sample_weights, 1 - self.smoothing, out=self.mixed))
