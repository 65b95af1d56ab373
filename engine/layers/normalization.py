"""Normalization: numbers around zero with unit spread, then a gain and a shift that are learned."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.layers.layer import Layer, ShapeRefused
from engine.layers.windows import TORCH_OVER_TIME
from engine.memory import Arena, Array, Shape
from engine.spec import BatchNormSpec


class BatchNorm(Layer):
    """y = gain (x - mean) / sqrt(variance + epsilon) + bias, each channel by itself (Ioffe and Szegedy, 2015).

    While training, mean and variance are those of the batch; running means of both, the variance's unbiased, are
    what is used at inference. Channels are an image's first axis, else the last.
    """

    y: Array
    normal: Array
    ones: Array
    mean: Array
    variance: Array
    scale: Array

    def __init__(self, spec: BatchNormSpec, shape: Shape, label: str) -> None:
        super().__init__(shape, shape, label)
        self.spec = spec
        self.is_image = len(shape) == 3
        self.channels = shape[0] if self.is_image else shape[-1]
        self.prefix = "layer." if len(shape) == 2 else ""

    def parameter_shapes(self) -> dict[str, Shape]:
        """A gain and a shift per channel."""
        return dict.fromkeys((f"{self.prefix}weight", f"{self.prefix}bias"), (self.channels,))

    def statistic_shapes(self) -> dict[str, Shape]:
        """Running mean and variance per channel."""
        return dict.fromkeys((f"{self.prefix}running_mean", f"{self.prefix}running_var"), (self.channels,))

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Keep the views."""
        at = self.prefix
        self.gain, self.bias = values[f"{at}weight"], values[f"{at}bias"]
        self.running_mean, self.running_variance = values[f"{at}running_mean"], values[f"{at}running_var"]
        if gradients is not None:
            self.dgain, self.dbias = gradients[f"{at}weight"], gradients[f"{at}bias"]

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002 - draws nothing
        """Begin as the identity."""
        self.gain.fill(1)
        self.bias.fill(0)
        self.running_mean.fill(0)
        self.running_variance.fill(1)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:
        """The output; for training the normalized input, and ones to sum columns with."""
        wanted: dict[str, tuple[Shape, DTypeLike]] = {"y": (self.output_shape, dtype)}
        if training:
            wanted["normal"] = (self.output_shape, dtype)
        if training and not self.is_image:
            wanted["ones"] = (self.output_shape[:-1], dtype)
        return wanted

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - used in both
        """A few numbers per channel."""
        return dict.fromkeys(("mean", "variance", "scale"), ((self.channels,), dtype))

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers, and fill in the ones."""
        super().allocate(arena, capacity, dtype, training=training)
        self.training = training
        if "ones" in self._whole and self._whole["ones"].flags.writeable:
            self._whole["ones"].fill(1)

    def resize(self, rows: int) -> None:
        """Note how the batch is a matrix, with one row or one column per channel."""
        super().resize(rows)
        self.count = rows * self.outputs // self.channels  # numbers per channel
        self.matrix = (self.channels, self.count) if self.is_image else (self.count, self.channels)
        if "ones" in self._whole:
            self.ones = self.ones.reshape(-1)

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Normalize by the batch while training, by the running statistics at inference."""
        x, y = x.reshape(self.matrix), self.y.reshape(self.matrix)
        self.by_batch = dropout is not None
        normal = self.normal.reshape(self.matrix) if self.training else y
        if self.by_batch:
            self._measure(x, normal, y)
        else:
            np.subtract(x, self._each(self.running_mean), out=normal)
            self._scale_by(self.running_variance)
        np.multiply(normal, self._each(self.scale), out=normal)
        np.multiply(normal, self._each(self.gain), out=y)
        np.add(y, self._each(self.bias), out=y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Dx = gain / deviation (dy - mean(dy) - normal mean(dy normal))."""
        dy2, normal = dy.reshape(self.matrix), self.normal.reshape(self.matrix)
        work = np.multiply(dy2, normal, out=self.y.reshape(self.matrix))  # the output has been used by now
        self._sum(work, self.dgain)
        self._sum(dy2, self.dbias)
        if not self.passes_gradient:
            return dy
        if self.by_batch:
            np.multiply(normal, self._each(np.divide(self.dgain, self.count, out=self.mean)), out=work)
            np.add(work, self._each(np.divide(self.dbias, self.count, out=self.mean)), out=work)
            np.subtract(dy2, work, out=dy2)
        np.multiply(dy2, self._each(np.multiply(self.scale, self.gain, out=self.mean)), out=dy2)
        return dy

    def _measure(self, x: Array, normal: Array, work: Array) -> None:
        """Write x - mean over `normal`, and the batch's statistics over their buffers and into the running ones."""
        self._sum(x, self.mean)
        np.divide(self.mean, self.count, out=self.mean)
        np.subtract(x, self._each(self.mean), out=normal)
        np.multiply(normal, normal, out=work)
        self._sum(work, self.variance)
        np.divide(self.variance, self.count, out=self.variance)
        self._scale_by(self.variance)
        self._remember()

    def _scale_by(self, variance: Array) -> None:
        """Write 1 / sqrt(variance + epsilon)."""
        np.add(variance, self.spec.epsilon, out=self.scale)
        np.sqrt(self.scale, out=self.scale)
        np.reciprocal(self.scale, out=self.scale)

    def _remember(self) -> None:
        """Move the running statistics; those of a batch that overflowed would never leave them again."""
        if not math.isfinite(abs(self.mean.sum() + self.variance.sum())):
            return
        momentum, unbiased = self.spec.momentum, self.count / max(1, self.count - 1)
        for running, found, factor in (
            (self.running_mean, self.mean, momentum),
            (self.running_variance, self.variance, momentum * unbiased),
        ):
            np.multiply(running, 1 - momentum, out=running)
            np.add(running, found * factor, out=running)

    def _sum(self, numbers: Array, out: Array) -> None:
        """Write the sum per channel."""
        if self.is_image:
            np.add.reduce(numbers, axis=1, out=out)
        else:
            self.ones.dot(numbers, out)  # a matrix-vector product sums columns faster than a reduction

    def _each(self, numbers: Array) -> Array:
        """Return a number per channel as it is broadcast over the matrix."""
        return numbers[:, None] if self.is_image else numbers

    def flops(self) -> tuple[int, int]:
        """Seven operations per number forward; backward four for the parameters, five for dx."""
        return 7 * self.outputs, (4 + 5 * self.passes_gradient) * self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.BatchNorm1d or 2d, for sequences between two transpositions."""
        sizes = f"{self.channels}, eps={self.spec.epsilon!r}, momentum={self.spec.momentum!r}"
        module = f"torch.nn.BatchNorm{2 if self.is_image else 1}d({sizes})"
        return f"OverTime({module})" if self.prefix else module

    def torch_definitions(self) -> dict[str, str]:
        """For sequences the wrapper that transposes."""
        return {"OverTime": TORCH_OVER_TIME} if self.prefix else {}


class LayerNorm(Layer):
    """y = gain (x - mean) / sqrt(variance + epsilon) + bias over the features of each row, or of each moment.

    (Ba, Kiros and Hinton, 2016.) The same in training and at inference.
    """

    y: Array
    normal: Array
    mean: Array
    scale: Array
    ones: Array
    equal: Array

    def __init__(self, shape: Shape, label: str, epsilon: float) -> None:
        if len(shape) > 2:
            raise ShapeRefused(label, "takes rows or sequences of features, not images; batch_norm takes those")
        super().__init__(shape, shape, label)
        self.features = shape[-1]
        self.epsilon = epsilon

    def parameter_shapes(self) -> dict[str, Shape]:
        """A gain and a shift per feature."""
        return dict.fromkeys(("weight", "bias"), (self.features,))

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Keep the views."""
        self.gain, self.bias = values["weight"], values["bias"]
        if gradients is not None:
            self.dgain, self.dbias = gradients["weight"], gradients["bias"]

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002 - draws nothing
        """Begin with plain normalization."""
        self.gain.fill(1)
        self.bias.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - the same in both
        """The output, the normalized input, and three numbers per moment."""
        numbers = dict.fromkeys(("y", "normal"), self.output_shape)
        moments = dict.fromkeys(("mean", "scale", "ones"), self.input_shape[:-1])
        return {name: (shape, dtype) for name, shape in (numbers | moments).items()}

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - the same in both
        """Weights of a mean over the features: a matrix-vector product is much faster than a reduction."""
        return {"equal": ((self.features,), dtype)}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers; fill in the weights of means and sums."""
        super().allocate(arena, capacity, dtype, training=training)
        if self.equal.flags.writeable:
            self.equal.fill(1 / self.features)
            self._whole["ones"].fill(1)

    def resize(self, rows: int) -> None:
        """See every moment as a row."""
        super().resize(rows)
        self.rows = self.y.reshape(-1, self.features)
        self.normal = self.normal.reshape(-1, self.features)
        self.mean, self.scale, self.ones = self.mean.reshape(-1), self.scale.reshape(-1), self.ones.reshape(-1)

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Normalize each row."""
        x, y, normal, scale = x.reshape(-1, self.features), self.rows, self.normal, self.scale
        np.subtract(x, self._mean_of(x)[:, None], out=normal)
        np.add(self._mean_of(np.multiply(normal, normal, out=y)), self.epsilon, out=scale)
        np.reciprocal(np.sqrt(scale, out=scale), out=scale)
        np.multiply(normal, scale[:, None], out=normal)
        np.multiply(normal, self.gain, out=y)
        np.add(y, self.bias, out=y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Dx = (g - mean(g) - normal mean(g normal)) / deviation with g = gain dy."""
        g, normal, work = dy.reshape(-1, self.features), self.normal, self.rows
        self.ones.dot(np.multiply(g, normal, out=work), self.dgain)
        self.ones.dot(g, self.dbias)
        if not self.passes_gradient:
            return dy
        np.multiply(g, self.gain, out=g)
        mean = self._mean_of(np.multiply(g, normal, out=work))
        np.multiply(normal, mean[:, None], out=work)
        np.subtract(g, self._mean_of(g)[:, None], out=g)
        np.subtract(g, work, out=g)
        np.multiply(g, self.scale[:, None], out=g)
        return dy

    def _mean_of(self, rows: Array) -> Array:
        """Return each row's mean, until the next call."""
        return rows.dot(self.equal, self.mean)

    def flops(self) -> tuple[int, int]:
        """Seven operations per number forward; backward four for the parameters, eight for dx."""
        return 7 * self.outputs, (4 + 8 * self.passes_gradient) * self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.LayerNorm."""
        return f"torch.nn.LayerNorm({self.features}, eps={self.epsilon!r})"
