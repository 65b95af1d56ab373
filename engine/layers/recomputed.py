"""Residual block that stores its input only, and computes the rest again when the backward pass needs it."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import streams
from engine.layers.layer_id import LayerId
from engine.layers.residual import Residual
from engine.layers.sequential import Sequential
from engine.memory import Arena, Array


class Recomputed(Residual):
    """The same numbers in less memory for one more forward pass (Chen et al., 2016, "Sublinear memory cost").

    Equal blocks share the memory inside. Backward runs body and skip forward once more from the block's input, with the
    same random masks and without changing statistics, before it runs them backward. `x` must not change until then.
    """

    def forward(self, x: Array, dropout: np.random.Generator | None) -> Array:
        """Compute the block, and remember its input and where the stream of masks was."""
        self.x, self.dropout = x, dropout
        self.start = None if dropout is None else streams.position(dropout)
        return super().forward(x, dropout)

    def backward(self, dy: Array) -> Array:
        """Compute the block again, then its gradients."""
        self._forward_again()
        return super().backward(dy)

    def _forward_again(self) -> None:
        statistics = [values.copy() for values in self.statistics]
        if self.dropout is None or self.start is None:
            self._fill(None)
        else:
            now = streams.position(self.dropout)
            streams.move_to(self.dropout, self.start)
            self._fill(self.dropout)
            streams.move_to(self.dropout, now)
        for values, before in zip(self.statistics, statistics, strict=True):
            values[...] = before

    def _fill(self, dropout: np.random.Generator | None) -> None:
        """Compute what is inside of the block; its output is still there."""
        self.body.forward(self.x, dropout)
        self.skip.forward(self.x, dropout)

    def __init__(self, body: Sequential, skip: Sequential, layer_id: LayerId, key: object) -> None:
        """`key`: equal for blocks that may share their memory."""
        super().__init__(body, skip, layer_id)
        self.key = key

    def bind(self, values: dict[str, Array], gradients: dict[str, Array] | None) -> None:
        """Also note the statistics."""
        super().bind(values, gradients)
        self.statistics = [values[name] for name in self.statistic_shapes()]

    def _allocate_parts(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Allocate what is inside, or use what an equal block has allocated."""
        self.share_memory()
        shared = arena.shared((self.key, self.passes_gradient, capacity, dtype, training))
        super()._allocate_parts(shared, capacity, dtype, training=training)

    def flops(self) -> tuple[int, int]:
        """Backward includes another forward pass."""
        forward, backward = super().flops()
        return forward, backward + forward - self.outputs
