"""The interface of every loss: a weighted mean over rows, with its derivative and activation. Read this file first.

To add a loss:

1. Add its spec to `engine/spec/losses.py`: the class, the unions, and `LossName` if it works without parameters.
2. Add the class to a file in this folder.
3. Add a line to `LOSSES` in `build.py`.
4. Add its activation to `ACTIVATIONS` in `engine/interchange/onnx/losses.py`, unless it inherits one.

Tests require a case in `tests/support/reference_cases.py` to compare with PyTorch.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Collection
from typing import Any, ClassVar

import numpy as np

from engine.memory import Array, RowBuffers, Shape
from engine.metrics.score import Floats, Score
from engine.spec import LossSpec


class Loss(RowBuffers):
    """A weighted mean over rows, accurate to about 1e-7 in float32, too: summed in float64, or by a BLAS product.

    Order of calls: `allocate` -> `resize` -> the loss itself, many times. The last axis of `output_shape` holds one
    answer (its classes, or its numbers). Axes before it are time steps of a sequence, which all count the same.
    """

    is_of_classes: ClassVar[bool] = False  # whether a target is the number of its class
    metrics_on_request: tuple[str, ...] = ()  # besides those of every score
    divergence_factor: float = 1e6  # times the first loss (or 1, if larger): a run with a larger loss has diverged

    def __init__(self, spec: LossSpec, output_shape: Shape) -> None:
        super().__init__()
        self.spec = spec
        self.output_shape = output_shape
        self.outputs = math.prod(output_shape)

    @property
    def name(self) -> str:
        """The type of the loss in specs."""
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
    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return the gradient of the logits, given `dy`, that of `outputs = activate(logits)`.

        Both arguments have the shape (rows, *output_shape). Neither is changed.
        """

    def torch_activation(self, z: str) -> str:
        """Return PyTorch code for `activate`; `z` is code for logits (rows, *output_shape)."""
        return z

    @abstractmethod
    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Return `y` in the form that this loss takes.

        Raises:
            ValueError: the shape or the values do not fit the loss.
        """

    @abstractmethod
    def prior(self, targets: Array, weights: Floats) -> Floats:
        """Return the logits (outputs of one answer,) with which a network that ignores its inputs answers best.

        `targets` come from `as_targets`, `weights: (rows,)` are at least 0. Probabilities are the weighted class
        frequencies, without label smoothing; values minimize the weighted mean of the loss.
        """

    @abstractmethod
    def score(self, requested: Collection[str] = ()) -> Score:
        """Return a new score for the metrics of this loss, and for those in `requested` that it offers on request."""
