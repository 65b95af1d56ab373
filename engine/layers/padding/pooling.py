"""Global pooling over sequences of different lengths: padding does not count."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.layers.convolution.global_pooling import GlobalAverage, GlobalMax, GlobalPool
from engine.layers.layer_id import LayerId
from engine.layers.mask import TORCH_PADDING, Mask
from engine.memory import Array, Buffers, Shape


class PaddedPool(GlobalPool):
    """What poolings that ignore padding share: the mask, and memory for the numbers without padding."""

    work: Array

    def __init__(self, shape: Shape, layer_id: LayerId, mask: Mask) -> None:
        super().__init__(shape, layer_id)
        self.mask = mask

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:
        """Also declare the numbers without padding."""
        return super().buffers(dtype, training=training) | {"work": (self.input_shape, dtype)}


class PaddedAverage(PaddedPool, GlobalAverage):
    """The mean over the time steps of each row up to its end."""

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:  # noqa: ARG002 - draws nothing
        """Sum what is no padding, then divide by the lengths."""
        np.multiply(x, self.mask.valid[:, :, None], out=self.work)
        np.add.reduce(self.work, axis=1, out=self.y)
        return np.divide(self.y, self.mask.lengths, out=self.y)

    def backward(self, dy: Array) -> Array:
        """Distribute the gradient evenly over the time steps up to the end."""
        np.divide(dy, self.mask.lengths, out=dy)
        return np.multiply(dy[:, None], self.mask.valid[:, :, None], out=self.dx)

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return "PaddedAverage()"

    def torch_definitions(self) -> dict[str, str]:
        """Return the module."""
        return {"Padding": TORCH_PADDING, "PaddedAverage": TORCH_AVERAGE}


class PaddedMax(PaddedPool, GlobalMax):
    """The maximum over the time steps of each row up to its end."""

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Set padding to minus infinity, and find the maxima."""
        np.copyto(self.work, x)
        np.copyto(self.work, -np.inf, where=self.mask.ended[:, :, None])
        return super().forward(self.work, dropout)

    def torch_code(self) -> str:
        """Return the expression for the class defined below."""
        return "PaddedMax()"

    def torch_definitions(self) -> dict[str, str]:
        """Return the module."""
        return {"Padding": TORCH_PADDING, "PaddedMax": TORCH_MAX}


TORCH_AVERAGE = """\
class PaddedAverage(torch.nn.Module):
    def forward(self, x):
        return (x * Padding.valid[:, :, None]).sum(1) / Padding.lengths[:, None]
"""
TORCH_MAX = """\
class PaddedMax(torch.nn.Module):
    def forward(self, x):
        return x.masked_fill(~Padding.valid[:, :, None], -torch.inf).amax(1)
"""
