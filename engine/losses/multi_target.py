"""Several targets of different kinds: the weighted sum of their losses, each on its own outputs."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from engine.losses.loss import Loss
from engine.memory import Arena, Array, Buffers, Shape
from engine.metrics.score import Floats, Score
from engine.metrics.several_targets import MultiTargetScore
from engine.spec import MultiTargetSpec


class MultiTarget(Loss):
    """The sum of weight * loss over targets, whose outputs are side by side in the order of the spec.

    Targets are the columns of one matrix: one column with the class index for a softmax cross entropy, otherwise as
    many as the targets of that loss have.
    """

    def __init__(self, spec: MultiTargetSpec, parts: Sequence[Loss], output_shape: Shape) -> None:
        super().__init__(spec, output_shape)
        if output_shape != (sum(part.outputs for part in parts),):
            raise ValueError(f"the outputs of the targets do not add up to shape {output_shape}")
        self.parts = tuple(parts)
        self.divergence_factor = max(part.divergence_factor for part in parts)
        self.metrics_on_request = tuple(dict.fromkeys(name for part in parts for name in part.metrics_on_request))
        self.weights = tuple(target.weight for target in spec.targets)
        self.output_columns = _slices([part.outputs for part in parts])
        self.target_columns = _slices([_width(part) for part in parts])

    def buffers(self, dtype: np.dtype[Any], *, training: bool) -> Buffers:  # noqa: ARG002 - inference computes losses, too
        """Declare separate outputs and targets for each loss."""
        wanted: Buffers = {}
        for index, part in enumerate(self.parts):
            wanted[f"logits{index}"] = ((part.outputs,), dtype)
            wanted[f"targets{index}"] = ((), np.intp) if part.is_of_classes else ((_width(part),), dtype)
        return wanted

    def allocate(self, arena: Arena, capacity: int, dtype: np.dtype[Any], *, training: bool) -> None:
        """Also allocate the memory of each loss."""
        super().allocate(arena, capacity, dtype, training=training)
        for part in self.parts:
            part.allocate(arena, capacity, dtype, training=training)

    def resize(self, rows: int) -> None:
        """Also resize each loss."""
        super().resize(rows)
        for part in self.parts:
            part.resize(rows)

    def __call__(self, logits: Array, targets: Array, sample_weights: Array) -> float:
        """Compute each loss on a copy of its outputs, and write the gradients back side by side."""
        total = 0.0
        for index, part in enumerate(self.parts):
            z, y = getattr(self, f"logits{index}"), getattr(self, f"targets{index}")
            np.copyto(z, logits[:, self.output_columns[index]])
            np.copyto(y.reshape(len(y), -1), targets[:, self.target_columns[index]], casting="unsafe")
            total += self.weights[index] * part(z, y, sample_weights)
            np.multiply(z, self.weights[index], out=logits[:, self.output_columns[index]])
        return total

    def activate(self, logits: Array) -> Array:
        """Activate the outputs of each target with its loss."""
        for part, columns in zip(self.parts, self.output_columns, strict=True):
            logits[:, columns] = part.activate(logits[:, columns].copy())
        return logits

    def torch_activation(self, z: str) -> str:
        """Activate the outputs of each target with its loss."""
        each = zip(self.parts, self.output_columns, strict=True)
        parts = [part.torch_activation(f"{z}[:, {columns.start}:{columns.stop}]") for part, columns in each]
        return f"torch.cat([{', '.join(parts)}], 1)"

    def activation_gradient(self, outputs: Array, dy: Array) -> Array:
        """Return the gradients of each target's logits, side by side."""
        each = zip(self.parts, self.output_columns, strict=True)
        return np.concatenate(
            [part.activation_gradient(outputs[:, columns], dy[:, columns]) for part, columns in each], axis=1
        )

    def as_targets(self, y: Array, dtype: np.dtype[Any]) -> Array:
        """Check the columns (rows, targets) of each target."""
        widths = [_input_width(part) for part in self.parts]
        if y.ndim != 2 or y.shape[1] != sum(widths):
            raise ValueError(f"targets must have shape (rows, {sum(widths)}), not {y.shape}")
        checked = [
            _checked(part, y[:, columns], dtype) for part, columns in zip(self.parts, _slices(widths), strict=True)
        ]
        return np.ascontiguousarray(np.concatenate(checked, axis=1), dtype=dtype)

    def prior(self, targets: Array, weights: Floats) -> Floats:
        """Return the priors of all targets side by side."""
        each = []
        for part, columns in zip(self.parts, self.target_columns, strict=True):
            y = targets[:, columns]
            each.append(part.prior(y[:, 0].astype(np.intp) if part.is_of_classes else y, weights))
        return np.concatenate(each)

    def score(self, requested: Collection[str] = ()) -> Score:
        """Return the mean of each metric over the targets that have it."""
        parts = [part.score(requested) for part in self.parts]
        return MultiTargetScore(parts, self.output_columns, self.target_columns)


def _checked(part: Loss, y: Array, dtype: np.dtype[Any]) -> Array:
    if part.is_of_classes:
        index = y[:, 0].astype(np.intp)
        if not np.array_equal(index, y[:, 0]):
            raise ValueError("class indices must be whole numbers")
        y = index
    return part.as_targets(y, dtype).reshape(len(y), -1)


def _width(part: Loss) -> int:
    """Return the number of columns of the targets of a loss."""
    return 1 if part.is_of_classes else part.outputs


def _input_width(part: Loss) -> int:
    """Return the number of columns from which a loss makes its targets."""
    return _width(part) // (len(part.spec.quantiles) if part.spec.type == "quantile" else 1)


def _slices(widths: Sequence[int]) -> list[slice]:
    borders = itertools.accumulate(widths, initial=0)
    return list(itertools.starmap(slice, itertools.pairwise(borders)))
