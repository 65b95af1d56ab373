"""Layer normalization: normalize the features of each row, then apply a learned gain and bias."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Constants, Shape
from engine.spec import LayerNormSpec


class LayerNorm(Layer):
    """y = gain (x - mean) / sqrt(variance + epsilon) + bias over the features of each row or time step.

    (Ba, Kiros and Hinton, 2016.) Training and inference are the same.
    """

    y: Array
    normal: Array
    mean: Array
    scale: Array
    ones: Array
    equal: Array

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
        """Return dx = (g - mean(g) - normal mean(g normal)) / standard deviation with g = gain dy."""
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
        """Return the mean of each row, valid until the next call."""
        return rows.dot(self.equal, self.mean)

    def __init__(self, spec: LayerNormSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) > 2:
            raise ShapeError(layer_id, "takes rows or sequences of features, not images; use batch_norm for images")
        if shape[-1] == 1:
            raise ShapeError(layer_id, "would turn a single feature into 0; use batch_norm instead")
        super().__init__(shape, shape, layer_id)
        self.features = shape[-1]
        self.epsilon = spec.epsilon

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of gain and bias."""
        return dict.fromkeys(("weight", "bias"), (self.features,))

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        self.gain, self.bias = values["weight"], values["bias"]
        if gradients is not None:
            self.dgain, self.dbias = gradients["weight"], gradients["bias"]

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002 - draws nothing
        """Start with plain normalization."""
        self.gain.fill(1)
        self.bias.fill(0)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the same in both
        """Declare the output, the normalized input, and two numbers per time step."""
        numbers = dict.fromkeys(("y", "normal"), self.output_shape)
        per_step = dict.fromkeys(("mean", "scale"), self.input_shape[:-1])
        return {name: (shape, dtype) for name, shape in (numbers | per_step).items()}

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare ones to sum rows with."""
        return {"ones": (self.input_shape[:-1], dtype, 1)}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare the weights of a mean over the features: a matrix-vector product is much faster than a reduction."""
        return {"equal": ((self.features,), dtype, 1 / self.features)}

    def resize(self, rows: int) -> None:
        """Also create views with every time step as a row."""
        super().resize(rows)
        self.rows = self.y.reshape(-1, self.features)
        self.normal = self.normal.reshape(-1, self.features)
        self.mean, self.scale, self.ones = self.mean.reshape(-1), self.scale.reshape(-1), self.ones.reshape(-1)

    def flops(self) -> tuple[int, int]:
        """Seven operations per number forward; backward four for the parameters, eight for dx."""
        return 7 * self.outputs, (4 + 8 * self.passes_gradient) * self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.LayerNorm."""
        return f"torch.nn.LayerNorm({self.features}, eps={self.epsilon!r})"
