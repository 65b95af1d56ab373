"""Batch normalization: normalize each channel over the batch, then apply a learned gain and bias."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.layers.convolution.windows import TORCH_OVER_TIME
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId
from engine.memory import Arena, Array, Buffers, Constants, Shape
from engine.spec import BatchNormSpec


class BatchNorm(Layer):
    """y = gain (x - mean) / sqrt(variance + epsilon) + bias, per channel (Ioffe and Szegedy, 2015).

    Training uses the mean and variance of the batch, and updates running means of both (of the unbiased variance).
    Inference uses the running values, and so does a training batch with one number per channel, which has no variance.
    Channels are the first axis of an image, otherwise the last axis.
    """

    y: Array
    normal: Array
    ones: Array
    mean: Array
    variance: Array
    scale: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Normalize with the statistics of the batch while training, with the running statistics in inference mode."""
        x, y = x.reshape(self.matrix), self.y.reshape(self.matrix)
        self.by_batch = dropout is not None and self.count > 1
        normal = self.normal.reshape(self.matrix) if self.training else y
        if self.by_batch:
            self._normalize_by_batch(x, normal, y)
        else:
            np.subtract(x, self._broadcast(self.running_mean), out=normal)
            self._compute_scale(self.running_variance)
        np.multiply(normal, self._broadcast(self.scale), out=normal)
        np.multiply(normal, self._broadcast(self.gain), out=y)
        np.add(y, self._broadcast(self.bias), out=y)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Return dx = gain / standard deviation (dy - mean(dy) - normal mean(dy normal))."""
        dy2, normal = dy.reshape(self.matrix), self.normal.reshape(self.matrix)
        work = np.multiply(dy2, normal, out=self.y.reshape(self.matrix))  # the output has been used by now
        self._sum(work, self.dgain)
        self._sum(dy2, self.dbias)
        if not self.passes_gradient:
            return dy
        if self.by_batch:
            np.multiply(normal, self._broadcast(np.divide(self.dgain, self.count, out=self.mean)), out=work)
            np.add(work, self._broadcast(np.divide(self.dbias, self.count, out=self.mean)), out=work)
            np.subtract(dy2, work, out=dy2)
        np.multiply(dy2, self._broadcast(np.multiply(self.scale, self.gain, out=self.mean)), out=dy2)
        return dy

    def _normalize_by_batch(self, x: Array, normal: Array, work: Array) -> None:
        """Write x - mean to `normal`, the statistics of the batch to their buffers, and update the running ones."""
        self._sum(x, self.mean)
        np.divide(self.mean, self.count, out=self.mean)
        np.subtract(x, self._broadcast(self.mean), out=normal)
        np.multiply(normal, normal, out=work)
        self._sum(work, self.variance)
        np.divide(self.variance, self.count, out=self.variance)
        self._compute_scale(self.variance)
        self._update_running()

    def _compute_scale(self, variance: Array) -> None:
        """Write 1 / sqrt(variance + epsilon) to `scale`."""
        np.add(variance, self.spec.epsilon, out=self.scale)
        np.sqrt(self.scale, out=self.scale)
        np.reciprocal(self.scale, out=self.scale)

    def _update_running(self) -> None:
        """Update the running statistics, unless the batch overflowed: that would make them infinite for good."""
        if not math.isfinite(abs(self.mean.sum() + self.variance.sum())):
            return
        momentum, unbiased = self.spec.momentum, self.count / (self.count - 1)
        for running, measured, factor in (
            (self.running_mean, self.mean, momentum),
            (self.running_variance, self.variance, momentum * unbiased),
        ):
            np.multiply(running, 1 - momentum, out=running)
            np.add(running, measured * factor, out=running)

    def _sum(self, numbers: Array, out: Array) -> None:
        """Write the sum per channel."""
        if self.is_image:
            np.add.reduce(numbers, axis=1, out=out)
        else:
            self.ones.dot(numbers, out)  # a matrix-vector product sums columns faster than a reduction

    def _broadcast(self, numbers: Array) -> Array:
        """Return numbers per channel in a shape that broadcasts over the matrix."""
        return numbers[:, None] if self.is_image else numbers

    def __init__(self, spec: BatchNormSpec, shape: Shape, layer_id: LayerId) -> None:
        super().__init__(shape, shape, layer_id)
        self.spec = spec
        self.is_image = len(shape) == 3
        self.channels = shape[0] if self.is_image else shape[-1]
        self.prefix = "layer." if len(shape) == 2 else ""

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of gain and bias."""
        return dict.fromkeys((f"{self.prefix}weight", f"{self.prefix}bias"), (self.channels,))

    def statistic_shapes(self) -> dict[str, Shape]:
        """Return the shapes of running mean and variance."""
        return dict.fromkeys((f"{self.prefix}running_mean", f"{self.prefix}running_var"), (self.channels,))

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        at = self.prefix
        self.gain, self.bias = values[f"{at}weight"], values[f"{at}bias"]
        self.running_mean, self.running_variance = values[f"{at}running_mean"], values[f"{at}running_var"]
        if gradients is not None:
            self.dgain, self.dbias = gradients[f"{at}weight"], gradients[f"{at}bias"]

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002 - draws nothing
        """Start as the identity."""
        self.gain.fill(1)
        self.bias.fill(0)
        self.running_mean.fill(0)
        self.running_variance.fill(1)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output, and for training the normalized input."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        if training:
            wanted["normal"] = (self.output_shape, dtype)
        return wanted

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:
        """Declare ones to sum columns with."""
        return {"ones": (self.output_shape[:-1], dtype, 1)} if training and not self.is_image else {}

    def workspace(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - used in both
        """Declare a few numbers per channel."""
        return dict.fromkeys(("mean", "variance", "scale"), ((self.channels,), dtype))

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also note whether there is memory for training."""
        super().allocate(arena, capacity, dtype, training=training)
        self.training = training

    def resize(self, rows: int) -> None:
        """Also set the shape of the batch as a matrix with one row or one column per channel."""
        super().resize(rows)
        self.count = rows * self.outputs // self.channels  # numbers per channel
        self.matrix = (self.channels, self.count) if self.is_image else (self.count, self.channels)
        if "ones" in self._allocated:
            self.ones = self.ones.reshape(-1)

    def flops(self) -> tuple[int, int]:
        """Seven operations per number forward; backward four for the parameters, five for dx."""
        return 7 * self.outputs, (4 + 5 * self.passes_gradient) * self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.BatchNorm1d or 2d; for sequences between two transpositions."""
        sizes = f"{self.channels}, eps={self.spec.epsilon!r}, momentum={self.spec.momentum!r}"
        module = f"torch.nn.BatchNorm{2 if self.is_image else 1}d({sizes})"
        return f"OverTime({module})" if self.prefix else module

    def torch_definitions(self) -> dict[str, str]:
        """Return the wrapper that transposes, for sequences."""
        return {"OverTime": TORCH_OVER_TIME} if self.prefix else {}
