"""Dense (fully connected): every output is a weighted sum of all inputs, plus a bias."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import initializers
from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Columns, Constants, Shape
from engine.spec import DenseSpec


class Dense(Layer):
    """y = x W' + b with W: (outputs, inputs), the layout of torch.nn.Linear."""

    torch_name = "Linear"
    y: Array
    dx: Array
    ones: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Multiply and add the bias. `x` must not change until backward."""
        self.x = x
        x.dot(self.Wt, self.y)
        return np.add(self.y, self.b, self.y)

    def backward(self, dy: Array) -> Array:
        """Write dW = dy' x and db = sum of dy; return dx = dy W."""
        if self.by_rows:
            dy.T.dot(self.x, self.dW)
        else:
            self.x.T.dot(dy, self.dWt)
        self.ones.dot(dy, self.db)  # a matrix-vector product sums columns faster than a reduction
        return dy.dot(self.W, self.dx) if self.passes_gradient else dy

    def __init__(self, spec: DenseSpec, input_shape: Shape, layer_id: LayerId) -> None:
        super().__init__(input_shape, (*input_shape[:-1], spec.units), layer_id)
        self.features, self.units = input_shape[-1], spec.units
        self.initializer = initializers.resolve(spec.initializer, spec.activation)
        self.bias_initializer = spec.bias_initializer

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the matrix and the bias.

        The matrix is stored as the faster product needs it: by rows to compute dx, or by columns if there is no dx.
        """
        shape = (self.units, self.features)
        return {"weight": shape if self.passes_gradient else Columns(shape), "bias": (self.units,)}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views, and transposed views."""
        self.W, self.b = values["weight"], values["bias"]
        self.Wt = self.W.T
        if gradients is not None:
            self.dW, self.db = gradients["weight"], gradients["bias"]
            self.dWt, self.by_rows = self.dW.T, self.dW.flags.c_contiguous

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the weights, then the biases unless they start at zero."""
        initializers.fill(self.W, self.initializer, rng)
        initializers.fill_bias(self.b, self.bias_initializer, rng)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output, and for training dx."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        if training and self.passes_gradient:
            wanted["dx"] = (self.input_shape, dtype)
        return wanted

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:
        """Declare ones to sum columns with."""
        return {"ones": (self.input_shape[:-1], dtype, 1)} if training else {}

    def flops(self) -> tuple[int, int]:
        """One product forward, two backward (one without dx)."""
        product = 2 * self.inputs * self.units
        return product + self.outputs, (1 + self.passes_gradient) * product + self.outputs

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Linear."""
        return f"torch.nn.Linear({self.features}, {self.units})"


class PositionwiseDense(Dense):
    """The same weighted sums at each time step: y[t] = x[t] W' + b for rows (time, features)."""

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Treat every time step as a row."""
        super().forward(x.reshape(-1, self.features), dropout)
        return self.y3

    def backward(self, dy: Array) -> Array:
        """Treat every time step as a row."""
        super().backward(dy.reshape(-1, self.units))
        return self.dx3 if self.passes_gradient else dy

    def resize(self, rows: int) -> None:
        """Also create views with every time step as a row."""
        super().resize(rows)
        self.y3, self.y = self.y, self.y.reshape(-1, self.units)
        if "ones" in self._allocated:
            self.ones = self.ones.reshape(-1)
        if "dx" in self._allocated:
            self.dx3, self.dx = self.dx, self.dx.reshape(-1, self.features)


def dense(spec: DenseSpec, shape: Shape, layer_id: LayerId) -> Dense:
    """Return the dense layer for rows of a shape."""
    if len(shape) > 2:
        raise ShapeError(
            layer_id, f"takes rows of features, not images of shape {list(shape)}; add a flatten layer before it"
        )
    kind = Dense if len(shape) == 1 else PositionwiseDense
    return kind(spec, shape, layer_id)
