"""The layer that marks time steps as padding."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.layer import Layer
from engine.layers.layer_id import LayerId, ShapeError
from engine.layers.mask import TORCH_PADDING, Mask
from engine.memory import Array, Buffers, Shape
from engine.spec import MaskSpec


class PaddingMask(Layer):
    """y = x. Time steps at the end of a row whose features all equal a value are padding for the layers that follow."""

    returns_input = True
    equal: Array

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Find the padding, and return `x`."""
        np.not_equal(x, self.value, out=self.equal)
        np.logical_or.reduce(self.equal, axis=2, out=self.mask.steps)
        self.mask.update()
        return x

    def backward(self, dy: Array) -> Array:
        """Return `dy`."""
        return dy

    def __init__(self, spec: MaskSpec, shape: Shape, layer_id: LayerId) -> None:
        if len(shape) != 2:
            fix = "add a reshape layer to [time, features] before it"
            raise ShapeError(layer_id, f"takes rows of shape (time, features), not {list(shape)}; {fix}")
        super().__init__(shape, shape, layer_id)
        self.value = spec.value
        self.mask = Mask(shape[0])

    def output_mask(self, mask: Mask | None) -> Mask | None:  # noqa: ARG002 - it is replaced
        """Return the mask that this layer finds."""
        return self.mask

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the same in both
        """Declare which numbers are not the value."""
        return {"equal": (self.input_shape, np.bool_)}

    def allocate(self, arena: Any, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the mask."""
        super().allocate(arena, capacity, dtype, training=training)
        self.mask.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize the mask."""
        super().resize(rows)
        self.mask.resize(rows)

    def flops(self) -> tuple[int, int]:
        """A comparison per number."""
        return 2 * self.inputs, 0

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return f"PaddingMask({self.value!r})"

    def torch_definitions(self) -> dict[str, str]:
        """Return where modules find the mask, and the module that sets it."""
        return {"Padding": TORCH_PADDING, "PaddingMask": TORCH}


TORCH = """\
class PaddingMask(torch.nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = value

    def forward(self, x):
        Padding.set((x != self.value).any(2))
        return x
"""
