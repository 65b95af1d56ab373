"""Reshape and flatten: the same numbers in another shape."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Image, Shape


class Reshape(Layer):
    """y = x in another shape and the same order. Nothing is copied."""

    returns_input = True

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Return a view."""
        return x.reshape(self.batch_out)

    def backward(self, dy: Array) -> Array:
        """Return a view."""
        return dy.reshape(self.batch_in)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - see below
        """Declare nothing: the result is a view."""
        return {}

    def resize(self, rows: int) -> None:
        """Set the shapes of the batch."""
        self.batch_in, self.batch_out = batch_shape(self.input_shape, rows), batch_shape(self.output_shape, rows)

    def flops(self) -> tuple[int, int]:
        """Nothing is computed."""
        return 0, 0

    def torch_code(self) -> str:
        """Return the expression for torch.nn.Flatten or torch.nn.Unflatten."""
        if len(self.output_shape) == 1:
            return "torch.nn.Flatten()"
        if len(self.input_shape) == 1:
            return f"torch.nn.Unflatten(1, {tuple(self.output_shape)})"
        return f"torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Unflatten(1, {tuple(self.output_shape)}))"


class Transpose(Reshape):
    """Reshape from images to other rows or back. The axis of the rows moves to the other end."""

    returns_input = False
    y: Array
    dx: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Copy the transposed matrix."""
        np.copyto(self.y.reshape(self.rows_out), x.reshape(self.rows_in).T)
        return self.y

    def backward(self, dy: Array) -> Array:
        """Copy it back."""
        if self.passes_gradient:
            np.copyto(self.dx.reshape(self.rows_in), dy.reshape(self.rows_out).T)
            return self.dx
        return dy

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the output, and for training dx."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def resize(self, rows: int) -> None:
        """Also set the shapes of the batches as matrices with rows last, or first."""
        super(Reshape, self).resize(rows)
        self.rows_in = (self.inputs, rows) if isinstance(self.input_shape, Image) else (rows, self.inputs)
        self.rows_out = self.rows_in[::-1]


def batch_shape(shape: Shape, rows: int) -> Shape:
    """Return the shape of a batch of rows."""
    return (*shape, rows) if isinstance(shape, Image) else (rows, *shape)


def reshape(input_shape: Shape, output_shape: Shape, layer_id: LayerId) -> Reshape:
    """Return the layer that reads rows of one shape in another; one side may be -1, for what the others leave."""
    known = math.prod(side for side in output_shape if side > 0)
    if math.prod(input_shape) % known == 0:
        output_shape = tuple(side if side > 0 else math.prod(input_shape) // known for side in output_shape)
    if math.prod(input_shape) != math.prod(output_shape):
        numbers = f"{math.prod(input_shape)} numbers of shape {list(input_shape)}"
        raise ShapeError(layer_id, f"{numbers} do not fit shape {list(output_shape)}")
    turned = (len(input_shape) == 3) != (len(output_shape) == 3)
    return (Transpose if turned else Reshape)(input_shape, output_shape, layer_id)


def flatten(input_shape: Shape, layer_id: LayerId) -> Reshape:
    """Return the layer that flattens rows of any shape."""
    return reshape(input_shape, (math.prod(input_shape),), layer_id)
