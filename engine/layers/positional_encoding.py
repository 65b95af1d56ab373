"""Positions: a vector per moment, added to the inputs, because attention by itself does not know their order."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.memory import Arena, Array, Shape
from engine.spec import PositionsSpec

MAX_WAVE = 10_000  # moments over 2 pi, as in the paper
TORCH = {
    "Waves": f"""\
class Waves(torch.nn.Module):
    def __init__(self, time, features):
        super().__init__()
        column = torch.arange(features).double()
        angle = torch.arange(time).double()[:, None] / {MAX_WAVE} ** (column // 2 * 2 / features)
        table = torch.where(column % 2 == 0, torch.sin(angle), torch.cos(angle))
        self.register_buffer("table", table, persistent=False)

    def forward(self, x):
        return x + self.table.to(x.dtype)
""",
    "Positions": """\
class Positions(torch.nn.Module):
    def __init__(self, time, features):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(time, features))

    def forward(self, x):
        return x + self.weight
""",
}


class Waves(Layer):
    """y[t] = x[t] + p[t], p[t, 2i] = sin(t / 10000^(2i / features)), p[t, 2i + 1] = cos of the same.

    Vaswani et al., 2017, section 3.5.
    """

    torch_name = "Waves"
    y: Array

    def __init__(self, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 2:
            fix = "put a reshape layer to [time, features] before it"
            raise ShapeError(layer_id, f"takes rows (time, features), not {list(shape)}; {fix}")
        super().__init__(shape, shape, layer_id)

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:  # noqa: ARG002 - a sum is a sum
        """The sum."""
        return {"y": (self.output_shape, dtype)}

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffer and compute the table."""
        super().allocate(arena, capacity, dtype, training=training)
        self.table = arena.empty(self.input_shape, dtype)
        if self.table.flags.writeable:
            self.table[...] = waves(*self.input_shape)

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Add."""
        return np.add(x, self.table, out=self.y)

    def backward(self, dy: Array) -> Array:
        """A sum's gradient is that of its parts."""
        return dy

    def flops(self) -> tuple[int, int]:
        """One sum per number."""
        return self.outputs, 0

    def torch_code(self) -> str:
        """Return the expression for the class defined above."""
        return f"{self.torch_name}{self.input_shape}"

    def torch_definitions(self) -> dict[str, str]:
        """PyTorch has no such layer."""
        return {self.torch_name: TORCH[self.torch_name]}


class Positions(Waves):
    """y[t] = x[t] + W[t] with W: (time, features)."""

    torch_name = "Positions"
    ones: Array

    def parameter_shapes(self) -> dict[str, Shape]:
        """One table."""
        return {"weight": self.input_shape}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Keep the views."""
        self.table = values["weight"]
        if gradients is not None:
            self.dtable = gradients["weight"].reshape(-1)

    def initialize(self, rng: np.random.Generator) -> None:
        """Begin small, so that inputs are heard first."""
        rng.standard_normal(dtype=self.table.dtype, out=self.table)
        self.table *= 0.02

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> dict[str, tuple[Shape, DTypeLike]]:
        """The sum, and ones to add up rows with."""
        wanted = super().buffers(dtype, training=training)
        return wanted | ({"ones": ((), dtype)} if training else {})

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers, and fill in the ones."""
        super(Waves, self).allocate(arena, capacity, dtype, training=training)
        if training and self._whole["ones"].flags.writeable:
            self._whole["ones"].fill(1)

    def backward(self, dy: Array) -> Array:
        """DW = sum of dy over the rows."""
        self.ones.dot(dy.reshape(len(dy), -1), self.dtable)
        return dy

    def flops(self) -> tuple[int, int]:
        """One sum per number, forward and backward."""
        return self.outputs, self.outputs


def waves(time: int, features: int) -> Array:
    """Return the table of sines and cosines (time, features), in float64."""
    columns = np.arange(features)
    angles = np.arange(time)[:, None] / MAX_WAVE ** (columns // 2 * 2 / features)
    table: Array = np.where(columns % 2 == 0, np.sin(angles), np.cos(angles))
    return table


def positions(spec: PositionsSpec, shape: Shape, layer_id: LayerId) -> Waves:
    """Return the layer that adds positions to rows of a shape."""
    return (Positions if spec.kind == "learned" else Waves)(shape, layer_id)
