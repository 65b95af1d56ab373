"""Recurrent layers: one cell, or one per direction with their states side by side."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.layers.recurrent.cell import Cell
from engine.memory import Arena, Array, Buffers, Shape
from engine.spec import RecurrentSpec


class Recurrent(Layer):
    """One cell, or one per direction with their states side by side."""

    y: Array
    dx: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Return the last states, (rows, units), or all, (rows, steps, units), in the order of the input."""
        for cell, columns in zip(self.cells, self.columns, strict=True):
            states = cell.forward(x)
            if self.spec.output == "last":
                np.copyto(self.y[:, columns], states[-1])
            else:
                np.copyto(self.y[:, :, columns], states[cell.order].swapaxes(0, 1))
        return self.y

    def backward(self, dy: Array) -> Array:
        """Give each cell its part of dy, and sum what they return."""
        for index, (cell, columns) in enumerate(zip(self.cells, self.columns, strict=True)):
            last = self.spec.output == "last"
            dx = cell.backward(dy[None, :, columns] if last else dy[:, :, columns].swapaxes(0, 1)[cell.order])
            if self.passes_gradient and index == 0:
                np.copyto(self.dx, dx)
            elif self.passes_gradient:
                np.add(self.dx, dx, out=self.dx)
        return self.dx if self.passes_gradient else dy

    def __init__(self, shape: Shape, spec: RecurrentSpec, layer_id: LayerId, kind: type[Cell]) -> None:
        if len(shape) != 2:
            fix = "add a reshape layer to [time, features] before it"
            raise ShapeError(layer_id, f"takes rows of shape (time, features), not {list(shape)}; {fix}")
        ways = {"forward": [""], "backward": [""], "bidirectional": ["", "_reverse"]}[spec.direction]
        width = len(ways) * spec.units
        super().__init__(shape, (width,) if spec.output == "last" else (shape[0], width), layer_id)
        self.spec, self.kind = spec, kind
        self.torch_class = kind.__name__.upper()
        self.cells = [
            kind(shape, spec.units, suffix, backward=suffix != "" or spec.direction == "backward") for suffix in ways
        ]
        self.columns = [slice(start, start + spec.units) for start in range(0, width, spec.units)]

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of the parameters of the cells."""
        return {name: shape for cell in self.cells for name, shape in cell.parameter_shapes().items()}

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Give all views to the cells, which know their names."""
        for cell in self.cells:
            cell.bind(values, gradients)

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the weights of the cells."""
        for cell in self.cells:
            cell.initialize(rng)

    def stop_gradient(self) -> None:
        """Also do so in the cells."""
        super().stop_gradient()
        for cell in self.cells:
            cell.passes_gradient = False

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the states side by side, and for training the sum of dx over the directions."""
        wanted: Buffers = {"y": (self.output_shape, dtype)}
        return wanted | ({"dx": (self.input_shape, dtype)} if training and self.passes_gradient else {})

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the memory of the cells."""
        super().allocate(arena, capacity, dtype, training=training)
        for cell in self.cells:
            cell.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize the cells."""
        super().resize(rows)
        for cell in self.cells:
            cell.resize(rows)

    def flops(self) -> tuple[int, int]:
        """Sum over the cells."""
        each = [cell.flops() for cell in self.cells]
        return sum(forward for forward, _ in each), sum(backward for _, backward in each)

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        options = [f"last={self.spec.output == 'last'}"]
        if self.spec.direction != "forward":
            options.append(f"{self.spec.direction}=True")
        return f"{self.torch_class}({self.input_shape[1]}, {self.spec.units}, {', '.join(options)})"

    def torch_definitions(self) -> dict[str, str]:
        """Return a class around PyTorch's layer that returns one of its results."""
        return {self.torch_class: TORCH.format(name=self.torch_class)}


TORCH = """\
class {name}(torch.nn.{name}):
    def __init__(self, features, units, last=True, backward=False, bidirectional=False):
        super().__init__(features, units, batch_first=True, bidirectional=bidirectional)
        self.last, self.backward = last, backward

    def forward(self, x):
        y, _ = super().forward(x.flip(1) if self.backward else x)
        if self.last:
            return torch.cat([y[:, -1, : self.hidden_size], y[:, 0, self.hidden_size :]], 1)
        return y.flip(1) if self.backward else y
"""
