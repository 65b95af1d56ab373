"""All of a network's parameters as one vector, and all their gradients as another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.memory import Arena, Array, Shape


class Parameters:
    """Named views into one flat vector of numbers, and into a second one for the gradients.

    Matrices come first, then biases, each in the order given, so that weight decay is one slice:
    `vector[:matrices]`. The vectors are never rebound; write `vector[:] = ...`.
    """

    def __init__(self, shapes: Mapping[str, Shape], dtype: np.dtype[Any], arena: Arena) -> None:
        in_order = sorted(shapes.items(), key=lambda item: len(item[1]) < 2)
        self.shapes: dict[str, Shape] = dict(in_order)
        self.size = sum(math.prod(shape) for shape in self.shapes.values())
        self.matrices = sum(math.prod(shape) for shape in self.shapes.values() if len(shape) >= 2)
        self.vector: Array = arena.full((self.size,), dtype, 0)
        self.values = self.views(self.vector)
        self.gradients: Array = np.empty(0, dtype)

    def allocate_gradients(self, arena: Arena) -> dict[str, Array]:
        """Make the gradient vector and return its named views."""
        self.gradients = arena.full((self.size,), self.vector.dtype, 0)
        return self.views(self.gradients)

    def views(self, vector: Array) -> dict[str, Array]:
        """Return name -> view of a vector that is laid out like this one."""
        views, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            views[name] = vector[start:stop].reshape(shape)
            start = stop
        return views
