"""All of a network's parameters as one vector, and all their gradients as another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.memory import Arena, Array, Columns, Shape


class Parameters:
    """Named views into one flat vector of numbers, and into a second one for the gradients.

    Matrices come first, then biases, each in the order given, so that weight decay is one slice:
    `vector[:matrices]`; last come the `fixed` numbers, which belong to the network but are not learned by
    gradients (running statistics), so `learned` is a slice too. Gradients and optimizers are as long as
    `learned`; copies of a network and checkpoints are as long as `vector`. The vectors are never rebound; write
    `vector[:] = ...`.
    """

    def __init__(
        self, shapes: Mapping[str, Shape], dtype: np.dtype[Any], arena: Arena, fixed: Mapping[str, Shape] | None = None
    ) -> None:
        in_order = dict(sorted(shapes.items(), key=lambda item: len(item[1]) < 2))
        self.shapes: dict[str, Shape] = {**in_order, **(fixed or {})}
        self.size = sum(math.prod(shape) for shape in shapes.values())
        self.matrices = sum(math.prod(shape) for shape in shapes.values() if len(shape) >= 2)
        self.vector: Array = arena.full((sum(math.prod(shape) for shape in self.shapes.values()),), dtype, 0)
        self.learned: Array = self.vector[: self.size]
        self.values = self.views(self.vector)
        self.frozen: frozenset[str] = frozenset()  # names of parameters that no update changes
        self.gradients: Array = np.empty(0, dtype)

    def allocate_gradients(self, arena: Arena) -> dict[str, Array]:
        """Make the gradient vector and return its named views."""
        self.gradients = arena.full((self.size,), self.vector.dtype, 0)
        return self.views(self.gradients)

    def views(self, vector: Array) -> dict[str, Array]:
        """Return name -> view of a vector that is laid out like `vector`, or like `learned`."""
        views, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            if stop > vector.size:
                break
            part = vector[start:stop]
            views[name] = part.reshape(shape[::-1]).T if isinstance(shape, Columns) else part.reshape(shape)
            start = stop
        return views

    def runs(self, *, matrices_only: bool = False) -> list[slice]:
        """Return where in `learned` lies what is not frozen, in as few slices as can be; if asked, matrices only."""
        runs: list[slice] = []
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            wanted = name not in self.frozen and not (matrices_only and start >= self.matrices)
            if wanted and stop <= self.size:
                adjoins = runs and runs[-1].stop == start
                runs.append(slice(runs.pop().start if adjoins else start, stop))
            start = stop
        return runs


def flat(values: Array) -> Array:
    """Return the numbers of a parameter in the order in which they lie in memory: a view."""
    by_columns = values.strides[0] < values.strides[-1]
    return (values.T if by_columns else values).reshape(-1)
