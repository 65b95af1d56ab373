"""Scale: multiply each feature by a learned factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Constants, Shape
from engine.spec import ScaleSpec


class Scale(Layer):
    """y = g x with a factor g per feature, initially 1; a soft selection of features in front of dense layers."""

    y: Array
    ones: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Multiply each row by the factors. `x` must not change until backward."""
        self.x = x
        return np.multiply(x, self.g, self.y)

    def backward(self, dy: Array) -> Array:
        """Write dg = sum of x dy over the rows and time steps; return dx = g dy."""
        work = np.multiply(dy, self.x, self.y)  # the output has been used by now
        self.ones.dot(work.reshape(-1, self.features), self.dg)
        return np.multiply(dy, self.g, dy) if self.passes_gradient else dy

    def __init__(self, spec: ScaleSpec, shape: Shape, layer_id: LayerId) -> None:  # noqa: ARG002 - has no options
        if len(shape) > 2:
            raise ShapeError(layer_id, "takes rows or sequences of features, not images; use batch_norm for images")
        super().__init__(shape, shape, layer_id)
        self.features = shape[-1]

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shape of the factors."""
        return {"weight": (self.features,)}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        self.g = values["weight"]
        if gradients is not None:
            self.dg = gradients["weight"]

    def initialize(self, rng: np.random.Generator) -> None:  # noqa: ARG002 - draws nothing
        """Start with the unchanged features."""
        self.g.fill(1)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the same in both
        """Declare the output."""
        return {"y": (self.output_shape, dtype)}

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:
        """Declare ones to sum rows with."""
        return {"ones": (self.input_shape[:-1], dtype, 1)} if training else {}

    def resize(self, rows: int) -> None:
        """Also create a view with one number per time step."""
        super().resize(rows)
        if "ones" in self._allocated:
            self.ones = self.ones.reshape(-1)

    def flops(self) -> tuple[int, int]:
        """One product forward; backward a multiply-add for the factors and a product for dx."""
        return self.outputs, (2 + self.passes_gradient) * self.outputs

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"Scale({self.features})"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class: PyTorch has no such layer."""
        return {"Scale": TORCH}


TORCH = """\
class Scale(torch.nn.Module):
    def __init__(self, features):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(features))

    def forward(self, x):
        return x * self.weight
"""
