"""What every optimizer is: a rule by which a gradient changes the parameters, on flat vectors."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod

import numpy as np

from engine.memory import Arena, Array
from engine.parameters import Parameters

BLOCK = 65_536  # numbers: the four float32 vectors of an Adam block are 1 MiB, a second-level cache of today's servers


class Optimizer(ABC):
    """Flat vectors of state beside the parameters, worked on in blocks that stay in cache.

    What it remembers is in `state` (as long as the gradient each) and in `numbers`; a checkpoint holds both.
    """

    vectors: tuple[str, ...] = ()
    takes_all_rows: bool = False  # one update per epoch, by the gradient over all rows

    def __init__(self, parameters: Parameters, arena: Arena) -> None:
        size, dtype = parameters.size, parameters.vector.dtype
        self.parameters = parameters
        self.state = {name: arena.full((size,), dtype, 0) for name in self.vectors}
        self.numbers: dict[str, float] = {}
        self.scratch = arena.empty((min(size, BLOCK),), dtype)

    @functools.cached_property
    def blocks(self) -> list[tuple[Array, ...]]:
        """Views (parameters, gradients, each state, scratch) on one block after the other of what is not frozen."""
        whole = (self.parameters.learned, self.parameters.gradients, *self.state.values())
        parts = [
            slice(s, min(s + BLOCK, run.stop))
            for run in self.parameters.runs()
            for s in range(run.start, run.stop, BLOCK)
        ]
        blocks = [tuple(vector[part] for vector in whole) for part in parts]
        return [(*block, self.scratch[: len(block[0])]) for block in blocks]

    @functools.cached_property
    def weights(self) -> list[Array]:
        """Views on the weights that decay: matrices do, biases and gains do not, nor does what is frozen."""
        return [self.parameters.learned[run] for run in self.parameters.runs(matrices_only=True)]

    @abstractmethod
    def step(self, learning_rate: float, count: int, loss: float = math.nan) -> None:
        """Apply the gradient; `count` numbers the updates from 1. The gradient may be used up.

        `loss` belongs to the gradient; only a line search looks at it.
        """

    @property
    def accepted(self) -> Array | None:
        """What a line search would go back to if the parameters in place turned out bad, if there is such a point."""
        return None

    @property
    def is_settled(self) -> bool:
        """Whether the last step was one of learning, and not one that a line search tried and did not take."""
        return True

    def settle(self) -> None:
        """Take back a step that has not been found good yet: called when there are no more."""
        if self.accepted is not None:
            self.parameters.learned[:] = self.accepted

    def _decay(self, learning_rate: float, weight_decay: float) -> None:
        """Shrink the weights (Loshchilov and Hutter, 2019)."""
        factor = self._scalar(1 - learning_rate * weight_decay)
        for weights in self.weights:
            np.multiply(weights, factor, out=weights)

    def _scalar(self, value: float) -> Array:
        """Return a number in the parameters' precision: made once, it saves a conversion per use."""
        return np.asarray(value, self.parameters.vector.dtype)
