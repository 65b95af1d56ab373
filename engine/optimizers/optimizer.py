"""The interface of every optimizer. Read this file first.

To add an optimizer:

1. Add its spec to `engine/spec/optimizers.py`, and to the union `OptimizerSpec` there.
2. Add the class in a file of its own in this folder.
3. Add a line to `OPTIMIZERS` in `build.py`.

Tests require a case in `tests/support/reference_cases.py` to compare with PyTorch.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import numpy as np

from engine.memory import Arena, Array
from engine.parameters import Parameters

BLOCK = 65_536  # numbers; the four float32 vectors of an Adam block are 1 MiB, a typical second-level cache


class UpdateRule:
    """What optimizers and line searches share: state beside the parameters.

    The state is a set of flat vectors as long as the gradient (`state`) and a few numbers (`scalars`). Checkpoints
    store both. Updates run in blocks that stay in the cache.
    """

    state_names: tuple[str, ...] = ()
    full_batch: bool = False  # one update per epoch, from the gradient over all rows

    def __init__(self, parameters: Parameters, arena: Arena) -> None:
        size, dtype = parameters.size, parameters.vector.dtype
        self.parameters = parameters
        self.state = {name: arena.full((size,), dtype, 0) for name in self.state_names}
        self.scalars: dict[str, float] = {}
        self.scratch = arena.empty((min(size, BLOCK),), dtype)

    @functools.cached_property
    def blocks(self) -> list[tuple[Any, ...]]:
        """Views of consecutive blocks without frozen parameters.

        (rate factors, parameters, gradients, state vectors, scratch). The factors are None if all rates are equal.
        """
        whole = (self.parameters.learned, self.parameters.gradients, *self.state.values())
        factors = self.parameters.rate_factors
        return [
            (
                None if factors is None else factors[part],
                *(vector[part] for vector in whole),
                self.scratch[: part.stop - part.start],
            )
            for part in _divide(self.parameters.runs())
        ]

    def forget_views(self) -> None:
        """Find out again which parameters are frozen."""
        for name in ("blocks", "decayed"):
            self.__dict__.pop(name, None)

    @functools.cached_property
    def decayed(self) -> list[tuple[float, Array | None, Array, Array]]:
        """Views (factor, rate factors, parameters, scratch) of what weight decay applies to, in blocks."""
        learned, factors = self.parameters.learned, self.parameters.rate_factors
        return [
            (factor, None if factors is None else factors[part], learned[part], self.scratch[: part.stop - part.start])
            for run, factor in self.parameters.penalized()
            for part in _divide([run])
        ]

    def _decay(self, learning_rate: float, weight_decay: float) -> None:
        """Shrink the weights (Loshchilov and Hutter, 2019)."""
        fraction = learning_rate * weight_decay
        for factor, factors, weights, t in self.decayed:
            if factors is None:
                np.multiply(weights, self._scalar(1 - fraction * factor), out=weights)
            else:
                np.multiply(np.multiply(factors, self._scalar(fraction * factor), out=t), weights, out=t)
                np.subtract(weights, t, out=weights)

    def _scalar(self, value: float) -> Array:
        """Return a number in the precision of the parameters; converting it once saves a conversion per use."""
        return np.asarray(value, self.parameters.vector.dtype)


def _divide(runs: Iterable[slice]) -> list[slice]:
    """Divide runs of parameters into blocks of at most BLOCK numbers."""
    starts = ((start, run.stop) for run in runs for start in range(run.start, run.stop, BLOCK))
    return [slice(start, min(start + BLOCK, stop)) for start, stop in starts]


class Optimizer(UpdateRule, ABC):
    """Updates the parameters from the gradient alone. `line_search.py` is for rules that look at the loss, too."""

    @abstractmethod
    def step(self, learning_rate: float, count: int) -> None:
        """Update the parameters. `count` is the number of this update, from 1. The gradient may be overwritten."""
