"""Positional encoding: a vector per time step is added to the inputs, because attention ignores their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Array, Buffers, Constants, Shape
from engine.spec import PositionsSpec

LONGEST_WAVE = 10_000  # time steps over 2 pi, as in the paper


class SinusoidalPositions(Layer):
    """y[t] = x[t] + p[t], p[t, 2i] = sin(t / 10000^(2i / features)), p[t, 2i + 1] = cos of the same.

    Vaswani et al., 2017, section 3.5.
    """

    y: Array
    table: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Add the table."""
        return np.add(x, self.table, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Return dx = dy."""
        return dy

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 2:
            fix = "add a reshape layer to [time, features] before it"
            raise ShapeError(layer_id, f"takes rows of shape (time, features), not {list(shape)}; {fix}")
        super().__init__(shape, shape, layer_id)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - used in both
        """Declare the output."""
        return {"y": (self.output_shape, dtype)}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - used in both
        """Declare the table of sines and cosines."""
        return {"table": (self.input_shape, dtype, lambda shape: sinusoids(*shape))}

    def flops(self) -> tuple[int, int]:
        """One sum per number."""
        return self.outputs, 0

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"{type(self).__name__}{self.input_shape}"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class: PyTorch has no such layer."""
        name = type(self).__name__
        return {name: TORCH[name]}


class LearnedPositions(SinusoidalPositions):
    """y[t] = x[t] + W[t] with W: (time, features)."""

    ones: Array

    def backward(self, dy: Array) -> Array:
        """Write dW = sum of dy over the rows; return dx = dy."""
        self.ones.dot(dy.reshape(len(dy), -1), self.dtable)
        return dy

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shape of the table."""
        return {"weight": self.input_shape}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Store the views."""
        self.table = values["weight"]
        if gradients is not None:
            self.dtable = gradients["weight"].reshape(-1)

    def is_vector(self, name: str) -> bool:  # noqa: ARG002 - all are
        """Return True: the table is looked up."""
        return True

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw small values, so that the inputs dominate at first."""
        rng.standard_normal(dtype=self.table.dtype, out=self.table)
        self.table *= 0.02

    def row_constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:
        """Declare ones to sum rows with."""
        return {"ones": ((), dtype, 1)} if training else {}

    def constants(self, dtype: np.dtype[Any], *, training: bool) -> Constants:  # noqa: ARG002 - the table is learned
        """Declare nothing."""
        return {}

    def flops(self) -> tuple[int, int]:
        """One sum per number, forward and backward."""
        return self.outputs, self.outputs


def sinusoids(time: int, features: int) -> Array:
    """Return the table of sines and cosines (time, features), in float64."""
    columns = np.arange(features)
    angles = np.arange(time)[:, None] / LONGEST_WAVE ** (columns // 2 * 2 / features)
    table: Array = np.where(columns % 2 == 0, np.sin(angles), np.cos(angles))
    return table


def positions(spec: PositionsSpec, shape: Shape, layer_id: LayerId) -> SinusoidalPositions:
    """Return the layer that adds positions to rows of a shape."""
    return (LearnedPositions if spec.kind == "learned" else SinusoidalPositions)(shape, layer_id)


TORCH = {
    "SinusoidalPositions": f"""\
class SinusoidalPositions(torch.nn.Module):
    def __init__(self, time, features):
        super().__init__()
        column = torch.arange(features).double()
        angle = torch.arange(time).double()[:, None] / {LONGEST_WAVE} ** (column // 2 * 2 / features)
        table = torch.where(column % 2 == 0, torch.sin(angle), torch.cos(angle))
        self.register_buffer("table", table, persistent=False)

    def forward(self, x):
        return x + self.table.to(x.dtype)
""",
    "LearnedPositions": """\
class LearnedPositions(torch.nn.Module):
    def __init__(self, time, features):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(time, features))

    def forward(self, x):
        return x + self.weight
""",
}
