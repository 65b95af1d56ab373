"""Residual block: layers whose input is added to their output."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.layers.sequential import Sequential, parted
from engine.memory import Arena, Array, Buffers, Shape


class Residual(Layer):
    """y = body(x) + skip(x), where an empty skip is the identity (He et al., 2016, equations 1 and 2)."""

    y: Array
    dskip: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Add the results of body and skip. Neither overwrites `x`."""
        y = self.body.forward(x, dropout)
        return np.add(y, self.skip.forward(x, dropout), out=self.y)

    def backward(self, dy: Array) -> Array:
        """Pass dy to body and skip, and add what they return."""
        np.copyto(self.dskip, dy)
        dx = self.body.backward(dy)
        dskip = self.skip.backward(self.dskip)
        return np.add(dx, dskip, out=dskip) if self.passes_gradient else dy

    def __init__(self, body: Sequential, skip: Sequential, layer_id: LayerId) -> None:
        super().__init__(body.input_shape, body.output_shape, layer_id)
        if skip.output_shape != body.output_shape:
            raise ShapeError(
                layer_id,
                f"the layers make shape {list(body.output_shape)}, but the input to add has shape "
                f"{list(skip.output_shape)}; add a projection that makes the shapes equal",
            )
        self.body = body
        self.skip = skip
        self.parts = {"body": body, "skip": skip}

    def parameter_shapes(self) -> dict[str, Shape]:
        """Return the shapes of body and skip: "body.n.name" and "skip.n.name"."""
        return {
            f"{part}.{name}": shape
            for part, layers in self.parts.items()
            for name, shape in layers.parameter_shapes().items()
        }

    def statistic_shapes(self) -> dict[str, Shape]:
        """Return the shapes of body and skip."""
        return {
            f"{part}.{name}": shape
            for part, layers in self.parts.items()
            for name, shape in layers.statistic_shapes().items()
        }

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Give body and skip their views."""
        own, own_gradients = parted(values), parted(gradients or {})
        for part, layers in self.parts.items():
            layers.bind(own.get(part, {}), None if gradients is None else own_gradients.get(part, {}))

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the weights of the body, then those of the skip."""
        self.body.initialize(rng)
        self.skip.initialize(rng)

    def share_memory(self) -> None:
        """Note it in body and skip."""
        self.body.share_memory()
        self.skip.share_memory()

    def stop_gradient(self) -> None:
        """Also do so in body and skip."""
        super().stop_gradient()
        self.body.stop_gradient()
        self.skip.stop_gradient()

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Declare the sum; for training also a copy of dy, because the body may overwrite dy."""
        names = ("y", "dskip") if training else ("y",)
        return dict.fromkeys(names, (self.output_shape, dtype))

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the memory of body and skip."""
        super().allocate(arena, capacity, dtype, training=training)
        self._allocate_parts(arena, capacity, dtype, training=training)

    def _allocate_parts(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Allocate the memory of body and skip."""
        self.body.allocate(arena, capacity, dtype, training=training)
        self.skip.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize body and skip."""
        super().resize(rows)
        self.body.resize(rows)
        self.skip.resize(rows)

    def flops(self) -> tuple[int, int]:
        """Sum over body and skip, plus the additions."""
        forward, backward = np.add(self.body.flops(), self.skip.flops())
        return int(forward) + self.outputs, int(backward) + self.passes_gradient * self.inputs

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"Residual({self.body.torch_code()}, {self.skip.torch_code()})"

    def torch_definitions(self) -> dict[str, str]:
        """Return the class of the block, and those of body and skip."""
        return {"Residual": TORCH} | self.body.torch_definitions() | self.skip.torch_definitions()


TORCH = """\
class Residual(torch.nn.Module):
    def __init__(self, body, skip):
        super().__init__()
        self.body, self.skip = body, skip

    def forward(self, x):
        return self.body(x) + self.skip(x)
"""
