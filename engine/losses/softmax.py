"""Softmax cross entropy: one class of several, for a row or for each time step of a sequence."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any, ClassVar

import numpy as np

from engine.losses.loss import Loss
from engine.losses.priors import class_log_frequencies
from engine.memory import Array, Buffers, Constants, Shape
from engine.metrics.classes import CLASS_METRICS, ClassScore
from engine.metrics.score import Floats, Score
from engine.spec import LossSpec, SoftmaxCrossEntropySpec


class SoftmaxCrossEntropy(Loss):
    """-log softmax(logits)[class], with classes as indices (rows, *time steps) int64.

    The gradient is softmax(logits) - one_hot(class) (Bishop, 2006, equation 4.109).
    """

    is_of_classes: ClassVar[bool] = True
    metrics_on_request: tuple[str, ...] = tuple(CLASS_METRICS)

    # One number per answer; a row has one answer per time step:
    first: Array  # index of the first logit of each answer in the flattened logits
    index: Array  # index of one logit of each answer
    picked: Array
    total: Array
    losses: Array
    ones: Array  # one per class
    step_weights: Array  # weight of each answer in the mean

    def __init__(self, spec: LossSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.classes = output_shape[-1]
        self.time_steps = math.prod(output_shape[:-1])
        self.per_time_step = len(output_shape) > 1

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - inference computes losses, too
        """Declare a few numbers per answer, none per class."""
        each = (self.time_steps,)
        wanted: Buffers = {"index": (each, np.intp)}
        if self.per_time_step:
            wanted["step_weights"] = (each, dtype)
        return wanted | dict.fromkeys(("picked", "total", "losses"), (each, dtype))

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare the index of the first logit of each answer."""
        return {"first": ((self.time_steps,), np.intp, self._first_indices)}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare ones to sum over classes with."""
        return {"ones": ((self.classes,), dtype, 1)}

    def _first_indices(self, shape: Shape) -> Array:
        return np.arange(math.prod(shape)).reshape(shape) * self.classes

    def resize(self, rows: int) -> None:
        """Set flat views of the first rows, and a view that broadcasts over the classes."""
        for name, whole in self._allocated.items():
            setattr(self, name, whole[:rows].reshape(-1))
        self.total_column = self.total[:, None]

    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Compute log(sum(exp(logits))) - logits[class]. The maximum of each answer is subtracted first."""
        flat, index = logits.reshape(-1), self.index
        if self.per_time_step:
            logits, targets = flat.reshape(-1, self.classes), targets.reshape(-1)
            sample_weights = self._divide_by_time_steps(sample_weights)
        logits.argmax(1, index)  # argmax and take are faster than a reduction by maximum
        np.add(index, self.first, index)
        flat.take(index, None, self.total, "clip")
        np.subtract(logits, self.total_column, logits)
        np.add(targets, self.first, index)
        self._pick(logits, flat)
        np.exp(logits, logits)
        logits.dot(self.ones, self.total)
        np.subtract(np.log(self.total, self.losses), self.picked, self.losses)
        gradient_weights = self._gradient_weights(sample_weights)
        np.divide(gradient_weights, self.total, self.total)
        np.multiply(logits, self.total_column, logits)
        self._subtract_target(logits, flat, gradient_weights)
        return float(self.losses.dot(sample_weights))

    def _divide_by_time_steps(self, sample_weights: Array) -> Array:
        """Divide the weight of each row among its time steps."""
        by_row = self.step_weights.reshape(-1, self.time_steps)
        np.multiply(sample_weights[:, None], 1 / self.time_steps, out=by_row)
        return self.step_weights

    def _pick(self, logits: Array, flat: Array) -> None:  # noqa: ARG002 - used in the subclass
        """Write the logit of the correct class, at `index`, to `picked`."""
        flat.take(self.index, None, self.picked, "clip")

    def _gradient_weights(self, sample_weights: Array) -> Array:
        """Return the weight of each answer in the gradient; a subclass changes `losses`, too."""
        return sample_weights

    def _subtract_target(self, logits: Array, flat: Array, sample_weights: Array) -> None:  # noqa: ARG002 - used in the subclass
        """Subtract the target probabilities times the sample weights."""
        flat.take(self.index, None, self.picked, "clip")
        flat.put(self.index, np.subtract(self.picked, sample_weights, self.picked), "clip")

    def activate(self, logits: Array) -> Array:
        """Return the softmax over the last axis."""
        np.subtract(logits, np.maximum.reduce(logits, axis=-1, keepdims=True), out=logits)
        np.exp(logits, out=logits)
        return np.divide(logits, np.add.reduce(logits, axis=-1, keepdims=True), out=logits)

    def torch_activation(self, z: str) -> str:
        """Return the softmax over the last axis."""
        return f"torch.softmax({z}, -1)"

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return p (dy - sum of p dy) for each answer (Bishop, 2006, equation 4.106)."""
        mean = np.add.reduce(outputs * dy, axis=-1, keepdims=True)
        dz: Array = outputs * (dy - mean)
        return dz

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:  # noqa: ARG002 - indices have one dtype
        """Return class indices (rows, *time steps) from 0 to classes - 1."""
        if y.shape[1:] != self.output_shape[:-1] or y.dtype.kind not in "iu":
            wanted = ("rows", *self.output_shape[:-1])
            raise ValueError(
                f"class indices must be integers of shape ({', '.join(map(str, wanted))}), not {y.dtype} {y.shape}"
            )
        if len(y) and not (int(y.min()) >= 0 and int(y.max()) < self.classes):
            raise ValueError(f"class indices must be between 0 and {self.classes - 1}")
        return np.ascontiguousarray(y, dtype=np.intp)

    def prior(self, targets: Array, weights: Floats) -> Floats:
        """Return the logarithms of the class frequencies, over all time steps."""
        each = np.repeat(weights, self.time_steps)
        return class_log_frequencies(np.bincount(targets.reshape(-1), each, self.classes).astype(np.float64))

    def score(self, requested: Collection[str] = ()) -> Score:
        """Return the accuracy of the most likely class, and what is requested."""
        return ClassScore(requested)


class SmoothedSoftmaxCrossEntropy(SoftmaxCrossEntropy):
    """Label smoothing s with K classes replaces one_hot(class) with (1 - s) one_hot(class) + s / K.

    Szegedy et al., 2016, section 7.
    """

    mixed: Array

    def __init__(self, spec: SoftmaxCrossEntropySpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        self.smoothing = spec.label_smoothing

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare one more number per answer."""
        return {**super().buffers(dtype, training=training), "mixed": ((self.time_steps,), dtype)}

    def _pick(self, logits: Array, flat: Array) -> None:
        super()._pick(logits, flat)
        np.multiply(self.picked, 1 - self.smoothing, out=self.picked)
        np.multiply(logits.dot(self.ones, self.mixed), self.smoothing / self.classes, out=self.mixed)
        np.add(self.picked, self.mixed, out=self.picked)

    def _subtract_target(self, logits: Array, flat: Array, sample_weights: Array) -> None:
        np.multiply(sample_weights, self.smoothing / self.classes, out=self.mixed)
        np.subtract(logits, self.mixed[:, None], out=logits)
        super()._subtract_target(logits, flat, np.multiply(sample_weights, 1 - self.smoothing, out=self.mixed))
