"""What every loss is: a weighted mean over rows, with its derivative and activation. Read this file first."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import numpy as np

from engine.memory import Array, RowBuffers, Shape
from engine.metrics import Score
from engine.spec import LossSpec


class Loss(RowBuffers):
    """A weighted mean over rows, exact to about 1e-7 in float32 too: summed in float64, or as a product of BLAS.

    Life of a loss: `allocate` -> `resize` -> calls, many times. The last axis of `output_shape` holds what one answer
    consists of (the classes, or the numbers); axes before it, if any, are moments of a sequence, which count the same.
    """

    divergence_factor: float = 1e6  # a batch's loss so many times the first one's (or 1, if larger) will not come back

    def __init__(self, spec: LossSpec, output_shape: Shape) -> None:
        super().__init__()
        self.spec = spec
        self.output_shape = output_shape
        self.outputs = math.prod(output_shape)

    @property
    def name(self) -> str:
        """The loss as a spec calls it."""
        return self.spec.type

    @abstractmethod
    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Return the mean loss, and overwrite `logits: (rows, *output_shape)` with its gradient.

        `targets` come from `as_targets`. `sample_weights: (rows,)`, in the dtype of the logits, sum up to the weight of
        the batch: each is 1 / rows if all rows count the same.
        """

    @abstractmethod
    def activate(self, logits: Array) -> Array:
        """Turn logits into probabilities, or into values, in place."""

    @abstractmethod
    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return `y` in the form that this loss takes.

        Raises:
            ValueError: the shape or the values do not fit the loss.
        """

    @abstractmethod
    def score(self) -> Score:
        """Return a fresh score for the metrics that go with this loss."""
