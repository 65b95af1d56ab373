"""All parameters of a network as one vector, and all their gradients as another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.memory import Arena, Array, Columns, Shape

MIN_SQUARES = 1e-30  # smaller sums have lost digits in float32


class Parameters:
    """Named views of one flat vector of numbers, and of a second one for the gradients.

    Matrices come first, then biases and gains, each in the given order. So weight decay applies to one slice:
    `vector[:matrices]`. Last come the `statistics`, which belong to the network but are not learned from gradients
    (running statistics). So `learned` is a slice, too. Gradients and optimizer state are as long as `learned`; copies
    of a network and checkpoints are as long as `vector`. Never rebind the vectors; write `vector[:] = ...`.
    """

    def __init__(
        self,
        shapes: Mapping[str, Shape],
        dtype: np.dtype[Any],
        arena: Arena,
        statistics: Mapping[str, Shape] | None = None,
    ) -> None:
        in_order = dict(sorted(shapes.items(), key=lambda item: len(item[1]) < 2))
        self.shapes: dict[str, Shape] = {**in_order, **(statistics or {})}
        self.size = sum(math.prod(shape) for shape in shapes.values())
        self.matrices = sum(math.prod(shape) for shape in shapes.values() if len(shape) >= 2)
        self.vector: Array = arena.full((sum(math.prod(shape) for shape in self.shapes.values()),), dtype, 0)
        self.learned: Array = self.vector[: self.size]
        self.values = self.views(self.vector)
        self.frozen: frozenset[str] = frozenset()  # names of parameters that updates do not change
        self.gradients: Array = np.empty(0, dtype)
        self.penalty_factors: dict[str, float] = {}  # of the penalties of matrices; 1 for those that are not listed
        self.rate_factors: Array | None = None  # of the learning rates, as long as `learned`; None: all are 1

    def allocate_gradients(self, arena: Arena) -> dict[str, Array]:
        """Allocate the gradient vector and return its named views."""
        self.gradients = arena.full((self.size,), self.vector.dtype, 0)
        return self.views(self.gradients)

    def views(self, vector: Array) -> dict[str, Array]:
        """Return name -> view of a vector in the layout of `vector`, or of `learned`."""
        views, start = {}, 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            if stop > vector.size:
                break
            part = vector[start:stop]
            views[name] = part.reshape(shape[::-1]).T if isinstance(shape, Columns) else part.reshape(shape)
            start = stop
        return views

    def runs(self) -> list[slice]:
        """Return the slices of `learned` that are not frozen, as few as possible."""
        runs: list[slice] = []
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            if name not in self.frozen and stop <= self.size:
                adjoins = runs and runs[-1].stop == start
                runs.append(slice(runs.pop().start if adjoins else start, stop))
            start = stop
        return runs

    def penalized(self) -> list[tuple[slice, float]]:
        """Return the slices of `learned` that penalties and weight decay apply to, as few as possible, with a factor.

        These are matrices that are not frozen, no biases, no gains, and none with the factor 0.
        """
        parts: list[tuple[slice, float]] = []
        start = 0
        for name, shape in self.shapes.items():
            stop = start + math.prod(shape)
            factor = self.penalty_factors.get(name, 1.0)
            if start < self.matrices and name not in self.frozen and factor:
                adjoins = parts and parts[-1][0].stop == start and parts[-1][1] == factor
                parts.append((slice(parts.pop()[0].start if adjoins else start, stop), factor))
            start = stop
        return parts


def squared_norm(vector: Array) -> float:
    """Return the sum of squares of (n,) values; in float64 where it leaves the range of float32, whose end is 3e38."""
    with np.errstate(over="ignore"):
        total = float(vector.dot(vector))
    if MIN_SQUARES < total < math.inf:
        return total
    wide = vector.astype(np.float64)
    return float(wide.dot(wide))


def flat(values: Array) -> Array:
    """Return a flat view of the numbers of a parameter in memory order."""
    by_columns = values.strides[0] < values.strides[-1]
    return (values.T if by_columns else values).reshape(-1)
