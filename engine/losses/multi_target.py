"""Several targets of different kinds at once: the weighted sum of their losses, each on its own outputs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.losses.loss import Loss
from engine.losses.softmax import SoftmaxCrossEntropy
from engine.memory import Arena, Array, Buffers, Shape
from engine.metrics import MultiTargetScore, Score
from engine.spec import MultiTargetSpec


class MultiTarget(Loss):
    """The sum of weight * loss over targets, whose outputs lie side by side in the order of the spec.

    Targets are the columns of one matrix: one with the class's index for a softmax cross entropy, else as many as
    that loss's targets have.
    """

    def __init__(self, spec: MultiTargetSpec, parts: Sequence[Loss], output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        if output_shape != (sum(part.outputs for part in parts),):
            raise ValueError(f"the targets' outputs do not add up to {output_shape}")
        self.parts = tuple(parts)
        self.divergence_factor = max(part.divergence_factor for part in parts)
        self.weights = tuple(target.weight for target in spec.targets)
        self.columns = _slices([part.outputs for part in parts])
        self.places = _slices([_width(part) for part in parts])

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - the loss is always whole
        """Each target's outputs, and its targets, by themselves."""
        wanted: Buffers = {}
        for index, part in enumerate(self.parts):
            wanted[f"logits{index}"] = ((part.outputs,), dtype)
            is_class = isinstance(part, SoftmaxCrossEntropy)
            wanted[f"targets{index}"] = ((), np.intp) if is_class else ((_width(part),), dtype)
        return wanted

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Take the buffers, and let each loss take its own."""
        super().allocate(arena, capacity, dtype, training=training)
        for part in self.parts:
            part.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Put `rows` rows to use everywhere."""
        super().resize(rows)
        for part in self.parts:
            part.resize(rows)

    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Work on a copy of each target's outputs, and put the gradients together again."""
        total = 0.0
        for index, part in enumerate(self.parts):
            z, y = getattr(self, f"logits{index}"), getattr(self, f"targets{index}")
            np.copyto(z, logits[:, self.columns[index]])
            np.copyto(y.reshape(len(y), -1), targets[:, self.places[index]], casting="unsafe")
            total += self.weights[index] * part(z, y, sample_weights)
            np.multiply(z, self.weights[index], out=logits[:, self.columns[index]])
        return total

    def activate(self, logits: Array) -> Array:
        """Activate each target's outputs in its own way."""
        for part, columns in zip(self.parts, self.columns, strict=True):
            logits[:, columns] = part.activate(logits[:, columns].copy())
        return logits

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Put the checked columns (rows, targets) side by side again."""
        widths = [_given(part) for part in self.parts]
        if y.ndim != 2 or y.shape[1] != sum(widths):
            raise ValueError(f"targets must have shape (rows, {sum(widths)}), not {y.shape}")
        checked = [_checked(part, y[:, place], dtype) for part, place in zip(self.parts, _slices(widths), strict=True)]
        return np.ascontiguousarray(np.concatenate(checked, axis=1), dtype=dtype)

    def score(self) -> Score:
        """Return the mean of the metrics of all targets that have them."""
        return MultiTargetScore([part.score() for part in self.parts], self.columns, self.places)


def _checked(part: Loss, y: Array, dtype: np.dtype[Any]) -> Array:
    if isinstance(part, SoftmaxCrossEntropy):
        index = y[:, 0].astype(np.intp)
        if not np.array_equal(index, y[:, 0]):
            raise ValueError("class indices must be whole numbers")
        y = index
    return part.as_targets(y, dtype).reshape(len(y), -1)


def _width(part: Loss) -> int:
    """Return the number of columns that a loss's targets have."""
    return 1 if isinstance(part, SoftmaxCrossEntropy) else part.outputs


def _given(part: Loss) -> int:
    """Return the number of columns of which a loss makes its targets."""
    return _width(part) // (len(part.spec.quantiles) if part.spec.type == "quantile" else 1)


def _slices(widths: Sequence[int]) -> list[slice]:
    borders = itertools.accumulate(widths, initial=0)
    return list(itertools.starmap(slice, itertools.pairwise(borders)))
