"""Classes in an order, by cumulative logits (McCullagh, 1980), which fall from each class to the next."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

import numpy as np

from engine.layers.activations.sigmoids import sigmoid
from engine.losses.loss import Loss
from engine.losses.priors import MIN_COUNTS
from engine.memory import Array, Buffers, Shape
from engine.metrics.classes import CLASS_METRICS, ClassScore
from engine.metrics.score import Floats, Score
from engine.spec import OrdinalSpec


class Ordinal(Loss):
    """-log P(class), where P(above class k) = sigmoid(c_k), c_0 = z_1 - z_0 and c_k = c_(k-1) - softplus(z_(k+1)).

    There is one output z for each class; the first two count as one. Unlike in proportional odds, the falls of c depend
    on the inputs, too. Because 1 - exp(-softplus(z)) = sigmoid(z), the loss needs no difference of probabilities:
    P(k) = sigmoid(c_(k-1)) sigmoid(-c_k) sigmoid(z_(k+1)), without the terms that a first or last class lacks.
    """

    is_of_classes: ClassVar[bool] = True
    metrics_on_request: tuple[str, ...] = tuple(CLASS_METRICS)

    # One number per class but the last:
    steps: Array  # z_1 - z_0, then z_2, …
    falls: Array
    cumulative: Array
    work: Array
    losses: Array
    slope: Array
    here: Array  # whether the class is this one
    below: Array  # whether the class is the next one

    def __init__(self, spec: OrdinalSpec, output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        if len(output_shape) > 1 or self.outputs < 2:
            raise ValueError("ordinal has one output for each class, and no time steps")

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - inference computes losses, too
        """Declare eight numbers for each class but the last."""
        each = (self.outputs - 1,)
        numbers = dict.fromkeys(("steps", "falls", "cumulative", "work", "losses", "slope"), (each, dtype))
        return {**numbers, **dict.fromkeys(("here", "below"), (each, np.bool_))}

    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Compute the terms of each class but the last, and the gradient by a sum from the last."""
        weights, classes = sample_weights[:, None], np.arange(self.outputs - 1)
        steps = _steps(logits, self.steps)
        c = _cumulative_logits(steps, self.falls, self.cumulative)
        np.equal(targets[:, None], classes, out=self.here)
        np.equal(targets[:, None], classes + 1, out=self.below)
        self._add_losses(steps, c)
        loss = float(np.add.reduce(np.multiply(self.losses, weights, out=self.losses), axis=None, dtype=np.float64))
        self._differentiate(steps, c)
        np.multiply(steps, weights, out=logits[:, 1:])
        np.multiply(logits[:, 1], -1, out=logits[:, 0])
        return loss

    def _add_losses(self, z: Array, c: Array) -> None:
        """Write softplus(-c) below the class, softplus(c) at it, and softplus(-z) at a class in the middle."""
        losses, work = self.losses, self.work
        np.logaddexp(0, c, out=losses)
        np.multiply(losses, self.here, out=losses)
        np.subtract(self.falls[:, 1:], z[:, 1:], out=work[:, 1:])  # softplus(-z) = softplus(z) - z
        np.multiply(work[:, 1:], self.here[:, 1:], out=work[:, 1:])
        np.add(losses[:, 1:], work[:, 1:], out=losses[:, 1:])
        np.negative(c, out=work)
        np.logaddexp(0, work, out=work)
        np.multiply(work, self.below, out=work)
        np.add(losses, work, out=losses)

    def _differentiate(self, z: Array, c: Array) -> None:
        """Overwrite z with the derivative of the loss: by c first, then summed over the c that each z lowers."""
        slope, work = self.slope, self.work
        sigmoid(c)
        np.multiply(c, self.here, out=slope)
        np.subtract(1, c, out=work)
        np.multiply(work, self.below, out=work)
        np.subtract(slope, work, out=slope)
        np.add.accumulate(slope[:, ::-1], axis=1, out=work[:, ::-1])
        sigmoid(z)
        np.subtract(1, z, out=slope)
        np.multiply(slope, self.here, out=slope)
        np.multiply(z[:, 1:], work[:, 1:], out=z[:, 1:])
        np.add(z[:, 1:], slope[:, 1:], out=z[:, 1:])
        np.multiply(z[:, 1:], -1, out=z[:, 1:])
        z[:, 0] = work[:, 0]

    def activate(self, logits: Array) -> Array:
        """Return the probability of each class."""
        logits[...] = np.exp(_log_probabilities(logits))
        return logits

    def torch_activation(self, z: str) -> str:
        """Return the differences between the probabilities of higher classes, which are sigmoids."""
        steps = f"{z}[:, 1:2] - {z}[:, :1], -torch.nn.functional.softplus({z}[:, 2:])"
        above = f"torch.sigmoid(torch.cumsum(torch.cat([{steps}], 1), 1))"
        return (
            f"-torch.diff(torch.nn.functional.pad(torch.nn.functional.pad({above}, (1, 0), value=1.0), (0, 1)), dim=1)"
        )

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return the gradient by way of the probabilities of a higher class, P(above k) = the sum of later classes."""
        edge = np.finfo(dy.dtype).eps
        above = np.clip(np.add.accumulate(outputs[:, :0:-1], axis=1)[:, ::-1], edge, 1 - edge)
        slope = (dy[:, 1:] - dy[:, :-1]) * above * (1 - above)
        dz = np.empty_like(dy)
        dz[:, 1:] = np.add.accumulate(slope[:, ::-1], axis=1)[:, ::-1]
        odds = above / (1 - above)
        dz[:, 2:] *= odds[:, 1:] / odds[:, :-1] - 1  # -sigmoid(z), because c falls by softplus(z)
        dz[:, 0] = -dz[:, 1]
        return dz

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:  # noqa: ARG002 - class numbers have one dtype
        """Return class numbers (rows,) from 0 to classes - 1, in their order."""
        if y.ndim != 1 or y.dtype.kind not in "iu":
            raise ValueError(f"class numbers must be integers of shape (rows,), not {y.dtype} {y.shape}")
        if len(y) and not (int(y.min()) >= 0 and int(y.max()) < self.outputs):
            raise ValueError(f"class numbers must be between 0 and {self.outputs - 1}")
        return np.ascontiguousarray(y, dtype=np.intp)

    def prior(self, targets: Array, weights: Floats) -> Floats:
        """Return the logits that stand for the class frequencies. Classes without rows count as half a row."""
        counts = np.bincount(targets, weights, minlength=self.outputs)
        counts = np.maximum(counts, MIN_COUNTS * counts[counts > 0].min())
        above = np.cumsum(counts[::-1])[::-1][1:]
        c = np.log(above) - np.log(np.cumsum(counts)[:-1])
        return np.concatenate([[0], c[:1], np.log(np.expm1(c[:-1] - c[1:]))])

    def score(self, requested: Collection[str] = ()) -> Score:
        """Return the accuracy of the most likely class, and what is requested."""
        return OrdinalScore(requested)


class OrdinalScore(ClassScore):
    """The score of cumulative logits."""

    def class_logits(self, logits: Array) -> Array:
        """Return the logarithm of the probability of each class."""
        return _log_probabilities(logits)


def _log_probabilities(logits: Array) -> Array:
    """Return log P(k) of each class (rows, classes), in float64."""
    z = _steps(logits.astype(np.float64), np.empty((len(logits), logits.shape[1] - 1)))
    c = _cumulative_logits(z, np.empty_like(z), np.empty_like(z))
    logarithms = np.zeros((len(z), z.shape[1] + 1))
    logarithms[:, :-1] -= np.logaddexp(0, c)
    logarithms[:, 1:] -= np.logaddexp(0, -c)
    logarithms[:, 1:-1] -= np.logaddexp(0, -z[:, 1:])
    return logarithms


def _steps(logits: Array, out: Array) -> Array:
    """Write z_1 - z_0, z_2, … to `out`, (rows, classes - 1)."""
    np.copyto(out, logits[:, 1:])
    np.subtract(out[:, 0], logits[:, 0], out=out[:, 0])
    return out


def _cumulative_logits(steps: Array, falls: Array, out: Array) -> Array:
    """Write c_k of Ordinal to `out`; write minus the first step and the softplus of the others to `falls`."""
    np.logaddexp(0, steps, out=falls)
    np.multiply(steps[:, 0], -1, out=falls[:, 0])  # np.negative errs in float32 where rows are 16 bytes (NumPy 2.4)
    np.add.accumulate(falls, axis=1, out=out)
    return np.negative(out, out=out)
